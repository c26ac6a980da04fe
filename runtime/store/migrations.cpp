#include "runtime/store/migrations.hpp"

#include "runtime/store/store_connection.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto version_table = "CREATE TABLE troupe_schema ("
                               "subsystem TEXT NOT NULL, "
                               "version INTEGER NOT NULL, "
                               "applied_at BIGINT NOT NULL, " // microseconds
                               "checksum TEXT NOT NULL, "
                               "PRIMARY KEY (subsystem, version))";

std::string name_of(const std::string& subsystem, int version) {
  return subsystem + " " + std::to_string(version);
}

constexpr auto version_name = "troupe_schema";

/// Checks that each subsystem counts 1, 2, 3, ...
outcome<void> check_versions(const migration_list& schema) {
  auto last = std::map<std::string, int>{};
  for (const auto& step : schema) {
    auto& version = last[step.subsystem];
    if (step.version != version + 1)
      return fail(problem_kind::invalid_input,
                  "migration " + name_of(step.subsystem, step.version)
                    + " does not follow version " + std::to_string(version));
    version = step.version;
  }
  return {};
}

problem schema_problem(std::string message, std::string hint) {
  auto result = problem{};
  result.kind = problem_kind::invalid_input;
  result.message = std::move(message);
  result.hint = std::move(hint);
  return result;
}

outcome<void> record(store_connection& connection, const migration& step,
                     clock::wall_time now) {
  const auto values
    = std::vector<sql_value>{step.subsystem, std::int64_t{step.version},
                             std::int64_t{now.time_since_epoch().count()},
                             checksum_of(step)};
  return connection.query(
    "INSERT INTO troupe_schema (subsystem, version, applied_at, checksum) "
    "VALUES (?1, ?2, ?3, ?4)",
    values, [](const sql_row&) {});
}

/// Runs inside a transaction and commits it.
outcome<void> apply(store_connection& connection, const migration& step,
                    clock::wall_time now) {
  const auto& sql = connection.is_postgres() && !step.postgres_sql.empty()
                      ? step.postgres_sql
                      : step.sql;
  if (auto ok = connection.change_schema(sql); !ok)
    return ok;
  if (!connection.is_in_transaction())
    return fail(problem_kind::invalid_input,
                "the migration ends its transaction");
  if (auto ok = record(connection, step, now); !ok)
    return ok;
  return connection.commit();
}

outcome<void> apply_alone(store_connection& connection, const migration& step,
                          clock::wall_time now) {
  if (auto ok = connection.begin(); !ok)
    return ok;
  auto applied = apply(connection, step, now);
  if (applied)
    return applied;
  connection.roll_back();
  auto reason = std::move(applied.error());
  reason.message = "migration " + name_of(step.subsystem, step.version)
                   + " failed: " + reason.message;
  return fail(std::move(reason));
}

} // namespace

std::string checksum_of(const migration& step) {
  const auto hash = XXH3_64bits(step.sql.data(), step.sql.size());
  auto digits = std::array<char, 17>{};
  std::snprintf(digits.data(), digits.size(), "%016llx",
                static_cast<unsigned long long>(hash));
  return digits.data();
}

outcome<std::vector<applied_migration>>
read_applied_migrations(store_connection& connection) {
  const auto is_store = connection.has_table(version_name);
  if (!is_store)
    return fail(is_store.error());
  auto applied = std::vector<applied_migration>{};
  if (!*is_store) {
    const auto is_empty = connection.is_empty();
    if (!is_empty)
      return fail(is_empty.error());
    if (!*is_empty)
      return fail(problem_kind::invalid_input,
                  "the file is a database of another program",
                  "choose another path for the store");
    return applied;
  }
  auto read
    = connection.query("SELECT subsystem, version, checksum FROM troupe_schema"
                       " ORDER BY subsystem, version",
                       {}, [&](const sql_row& row) {
                         applied.push_back({std::string{row.text(0)},
                                            static_cast<int>(row.integer(1)),
                                            std::string{row.text(2)}});
                       });
  if (!read)
    return fail(std::move(read.error()));
  return applied;
}

std::vector<problem>
find_schema_problems(const migration_list& known,
                     const std::vector<applied_migration>& applied) {
  auto problems = std::vector<problem>{};
  auto next = std::map<std::string, int>{};
  for (const auto& old : applied) {
    const auto is_same_subsystem
      = [&](const migration& step) { return step.subsystem == old.subsystem; };
    if (std::none_of(known.begin(), known.end(), is_same_subsystem))
      continue;
    const auto name = name_of(old.subsystem, old.version);
    if (old.version != ++next[old.subsystem]) {
      next[old.subsystem] = old.version;
      problems.push_back(schema_problem(
        "the migration before " + name + " is missing", "restore a backup"));
    }
    const auto same
      = std::find_if(known.begin(), known.end(), [&](const migration& step) {
          return is_same_subsystem(step) && step.version == old.version;
        });
    if (same == known.end())
      problems.push_back(schema_problem(
        "the store is newer than this program (it has " + name + ")",
        "use the version of the program that wrote it"));
    else if (checksum_of(*same) != old.checksum)
      problems.push_back(schema_problem(
        "migration " + name + " is not the one the store was made with",
        "use the version of the program that wrote it"));
  }
  return problems;
}

outcome<void> apply_migrations(store_connection& connection,
                               const migration_list& schema,
                               clock::wall_time now) {
  if (auto ok = check_versions(schema); !ok)
    return ok;
  const auto applied = read_applied_migrations(connection);
  if (!applied)
    return fail(applied.error());
  if (auto problems = find_schema_problems(schema, *applied); !problems.empty())
    return fail(std::move(problems.front()));
  const auto is_store = connection.has_table(version_name);
  if (!is_store)
    return fail(is_store.error());
  if (!*is_store)
    if (auto ok = connection.change_schema(version_table); !ok)
      return ok;
  for (const auto& step : schema) {
    const auto is_applied = std::any_of(
      applied->begin(), applied->end(), [&](const applied_migration& old) {
        return old.subsystem == step.subsystem && old.version == step.version;
      });
    if (is_applied)
      continue;
    if (auto ok = apply_alone(connection, step, now); !ok)
      return ok;
  }
  return {};
}

} // namespace troupe::runtime
