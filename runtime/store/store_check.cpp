#include "runtime/store/store_check.hpp"

#include "runtime/query/postgres_address.hpp"
#include "runtime/store/postgres_connection.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/sqlite_connection.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

problem damage(const std::string& path, std::string message) {
  auto result = problem{};
  result.message = std::move(message);
  result.file = path;
  result.hint = "restore a backup";
  return result;
}

/// Appends the problem that `describe` makes of each row, or of the query.
template <class Describe>
void check_rows(sqlite_connection& connection, std::string_view sql,
                std::vector<problem>& problems, Describe describe) {
  auto rows = connection.prepare(sql);
  if (!rows) {
    problems.push_back(rows.error());
    return;
  }
  while (true) {
    const auto more = rows->step();
    if (!more)
      problems.push_back(more.error());
    if (!more || !*more)
      return;
    describe(rows->row());
  }
}

void check_structure(sqlite_connection& connection, const std::string& path,
                     std::vector<problem>& problems) {
  check_rows(connection, "PRAGMA integrity_check(100)", problems,
             [&](const sqlite_row& row) {
               if (row.text(0) != "ok")
                 problems.push_back(damage(path, std::string{row.text(0)}));
             });
  check_rows(
    connection,
    "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 100",
    problems, [&](const sqlite_row& row) {
      problems.push_back(damage(path, "row " + std::string{row.text(1)} + " of "
                                        + std::string{row.text(0)}
                                        + " refers to a row missing from "
                                        + std::string{row.text(2)}));
    });
}

void check_schema(store_connection& connection, const std::string& path,
                  const migration_list& schema,
                  std::vector<problem>& problems) {
  const auto applied = read_applied_migrations(connection);
  if (!applied) {
    problems.push_back(applied.error());
    return;
  }
  for (auto& found : find_schema_problems(schema, *applied)) {
    found.file = path;
    problems.push_back(std::move(found));
  }
}

/// The structure is the server's business.
void check_postgres(const std::string& path, const migration_list& schema,
                    std::vector<problem>& problems) {
  const auto address = find_postgres_address(path);
  if (!address) {
    problems.push_back(address.error());
    return;
  }
  const auto connection
    = postgres_connection::open(*address, postgres_connection::access::read);
  if (!connection) {
    problems.push_back(connection.error());
    return;
  }
  check_schema(**connection, address->name, schema, problems);
}

/// Makes a file or the entries of a folder durable.
bool sync_path(const std::filesystem::path& path) {
  const auto descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const auto done = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return done;
}

outcome<void> copy_store(const std::string& path, const std::string& target) {
  auto source = open_for_reading(path);
  if (!source)
    return fail(std::move(source.error()));
  auto settings = sqlite_options{};
  settings.mode = open_mode::copy_target;
  auto copy = sqlite_connection::open(target, settings);
  if (!copy)
    return fail(std::move(copy.error()));
  return (*source)->copy_to(**copy);
}

void remove_copy(const std::string& path) {
  auto ignored = std::error_code{};
  for (const auto* suffix : {"", "-journal"})
    std::filesystem::remove(path + suffix, ignored);
}

/// Gives the finished copy its name, durably.
outcome<void> publish(const std::string& copy, const std::string& target) {
  auto error = std::error_code{};
  const auto folder = std::filesystem::absolute(target, error).parent_path();
  auto is_durable = !error && sync_path(copy);
  if (is_durable)
    std::filesystem::rename(copy, target, error);
  is_durable = is_durable && !error && sync_path(folder);
  if (is_durable)
    return {};
  return fail(problem_kind::failed, "cannot write " + target + " to disk",
              "check the disk and the permissions of the folder");
}

} // namespace

std::vector<problem> check_store(const std::string& path,
                                 const migration_list& schema) {
  auto problems = std::vector<problem>{};
  if (is_postgres_address(path)) {
    check_postgres(path, schema, problems);
    return problems;
  }
  const auto connection = open_for_reading(path);
  if (!connection) {
    problems.push_back(connection.error());
    return problems;
  }
  check_structure(**connection, path, problems);
  check_schema(**connection, path, schema, problems);
  return problems;
}

outcome<void> backup_store(const std::string& path, const std::string& target) {
  if (is_postgres_address(path))
    return fail(problem_kind::invalid_input,
                "a store in PostgreSQL is not copied to a file",
                "use pg_dump, or the server's own backups");
  auto ignored = std::error_code{};
  if (std::filesystem::exists(target, ignored))
    return fail(problem_kind::conflict, target + " exists already",
                "choose another name, or remove it first");
  const auto partial = target + ".partial";
  remove_copy(partial);
  auto copied = copy_store(path, partial);
  if (copied)
    copied = publish(partial, target);
  if (!copied)
    remove_copy(partial);
  return copied;
}

} // namespace troupe::runtime
