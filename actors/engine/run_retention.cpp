#include "actors/engine/run_retention.hpp"

#include "messages/column_block.hpp"
#include "runtime/store/transactions.hpp"

#include <utility>

namespace troupe::engine {

using messages::column;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using runtime::sql_value;

namespace {

/// ?1 to ?3 are the bounds of those that did not fail, ?4 to ?6 of those that
/// did: by age, then by count. Numbers of runs follow the largest one there is,
/// hence that one stays. A child is part of its parent's story.
constexpr auto is_surplus
  = " r.is_over = 1 AND r.number < (SELECT max(number) FROM engine_runs)"
    " AND ((r.status <> 'failed' AND (r.updated_at <= ?1"
    " OR (r.updated_at, r.number) < (?2, ?3)))"
    " OR (r.status = 'failed' AND (r.updated_at <= ?4"
    " OR (r.updated_at, r.number) < (?5, ?6))))"
    " AND (r.parent_run = '' OR NOT EXISTS (SELECT 1 FROM engine_runs p"
    " WHERE p.run_id = r.parent_run))";

// It is as it was when it was chosen.
constexpr auto keep_key
  = "INSERT INTO engine_kept_keys (idempotency_key, run_id, run, until)"
    " SELECT idempotency_key, run_id, number, updated_at + ?1 FROM engine_runs"
    " WHERE number = ?3 AND updated_at = ?4 AND is_over = 1"
    " AND idempotency_key IS NOT NULL AND updated_at + ?1 > ?2"
    " ON CONFLICT (idempotency_key) DO UPDATE SET run_id = excluded.run_id,"
    " run = excluded.run, until = excluded.until";

constexpr auto mark_pruned
  = "INSERT INTO engine_pruned (run) SELECT number FROM engine_runs"
    " WHERE number = ?1 AND updated_at = ?2 AND is_over = 1";

constexpr auto delete_run = "DELETE FROM engine_runs WHERE number = ?1"
                            " AND updated_at = ?2 AND is_over = 1";

constexpr auto delete_history
  = "DELETE FROM engine_history WHERE (run, sequence) IN (SELECT run, sequence"
    " FROM engine_history WHERE run IN (SELECT run FROM engine_pruned)"
    " ORDER BY run, sequence LIMIT ?1)";

constexpr auto delete_snapshots = "DELETE FROM engine_snapshots WHERE run IN"
                                  " (SELECT run FROM engine_pruned)";

constexpr auto delete_deadlines = "DELETE FROM engine_deadlines WHERE run IN"
                                  " (SELECT run FROM engine_pruned)";

/// Contents that only runs which go have; a bounded number, as they are long.
constexpr auto delete_blobs
  = "DELETE FROM engine_blobs WHERE digest IN (SELECT u.digest FROM"
    " engine_blob_uses u WHERE u.run IN (SELECT run FROM engine_pruned)"
    " AND NOT EXISTS (SELECT 1 FROM engine_blob_uses o WHERE o.digest ="
    " u.digest AND o.run NOT IN (SELECT run FROM engine_pruned)) LIMIT ?1)";

/// Those whose contents are gone, or are somebody else's, too.
constexpr auto delete_uses
  = "DELETE FROM engine_blob_uses WHERE run IN (SELECT run FROM engine_pruned)"
    " AND (NOT EXISTS (SELECT 1 FROM engine_blobs b WHERE b.digest ="
    " engine_blob_uses.digest) OR EXISTS (SELECT 1 FROM engine_blob_uses o"
    " WHERE o.digest = engine_blob_uses.digest AND o.run NOT IN (SELECT run"
    " FROM engine_pruned)))";

constexpr auto finish_pruned
  = "DELETE FROM engine_pruned WHERE NOT EXISTS (SELECT 1 FROM engine_history"
    " h WHERE h.run = engine_pruned.run) AND NOT EXISTS (SELECT 1 FROM"
    " engine_blob_uses u WHERE u.run = engine_pruned.run)";

constexpr auto delete_keys
  = "DELETE FROM engine_kept_keys WHERE idempotency_key IN (SELECT"
    " idempotency_key FROM engine_kept_keys WHERE until <= ?1 LIMIT ?2)";

/// Places of statements in a transaction that deletes.
constexpr auto runs_at = 2;
constexpr auto rows_at = 3;

} // namespace

const runtime::migration_list& retention_schema() {
  static const auto schema = runtime::migration_list{
    {"engine_retention", 1,
     "CREATE TABLE engine_kept_keys ("
     " idempotency_key TEXT PRIMARY KEY,"
     " run_id TEXT NOT NULL,"
     " run INTEGER NOT NULL,"
     " until INTEGER NOT NULL);"
     "CREATE INDEX engine_kept_keys_age ON engine_kept_keys (until);"
     "CREATE TABLE engine_pruned (run INTEGER PRIMARY KEY)"},
  };
  return schema;
}

runtime::write_request prune_request(const std::vector<surplus_run>& runs,
                                     const run_retention& keep,
                                     const pruning_bounds& bounds,
                                     instant now) {
  auto request = runtime::write_request{};
  auto& to = request.transaction;
  to.set_label("retention");
  auto numbers = std::vector<std::int64_t>{};
  auto ends = std::vector<std::int64_t>{};
  for (const auto& run : runs) {
    numbers.push_back(run.number);
    ends.push_back(runtime::to_microseconds(run.ended_at));
  }
  const auto at = runtime::to_microseconds(now);
  const auto key_time = std::chrono::microseconds{keep.keep_keys_for}.count();
  const auto both = std::vector<std::uint32_t>{0, 1};
  runtime::add_row_statement(to, keep_key, both,
                             {static_cast<std::int64_t>(key_time), at});
  runtime::add_row_statement(to, mark_pruned, both);
  runtime::add_row_statement(to, delete_run, both);
  runtime::add_statement(to, delete_history, {bounds.rows_max});
  runtime::add_statement(to, delete_snapshots);
  runtime::add_statement(to, delete_deadlines);
  runtime::add_statement(to, delete_blobs, {bounds.blobs_max});
  runtime::add_statement(to, delete_uses);
  runtime::add_statement(to, finish_pruned);
  runtime::add_statement(to, delete_keys, {at, bounds.rows_max});
  auto columns = std::vector<column>{};
  columns.emplace_back(std::move(numbers));
  columns.emplace_back(std::move(ends));
  request.rows = messages::column_block{std::move(columns)};
  return request;
}

pruned read_pruned(const messages::TransactionCommitted& done) {
  auto result = pruned{};
  if (done.changes_size() > rows_at) {
    result.runs = static_cast<std::uint64_t>(done.changes(runs_at));
    result.rows = static_cast<std::uint64_t>(done.changes(rows_at));
  }
  return result;
}

outcome<retained_runs> retained_runs::open(const std::string& path) {
  auto reader = runtime::snapshot_reader::open(path);
  if (!reader)
    return fail(reader.error());
  const auto has_any = reader->has_table("engine_pruned");
  if (!has_any)
    return fail(has_any.error());
  if (!*has_any)
    return fail(problem_kind::not_found,
                "no engine of this version has used the store: " + path,
                "start one: troupe server");
  return retained_runs{std::move(*reader)};
}

outcome<std::int64_t>
retained_runs::number_from(const std::string& sql,
                           const std::vector<sql_value>& parameters) {
  auto number = std::int64_t{0};
  auto read
    = reader_.query(sql, parameters, [&](const runtime::sqlite_row& row) {
        number = row.integer(0);
      });
  if (!read)
    return fail(read.error());
  return number;
}

/// The parameters of `is_surplus`.
outcome<std::vector<sql_value>> retained_runs::limits(const run_retention& keep,
                                                      instant now) {
  auto found = std::vector<sql_value>{};
  const auto add = [&](const char* which, std::chrono::milliseconds time,
                       std::int64_t most) -> outcome<void> {
    found.emplace_back(runtime::to_microseconds(now - time));
    // The oldest of the newest.
    auto at = std::int64_t{0};
    auto number = std::int64_t{0};
    const auto parameters = std::vector<sql_value>{most - 1};
    auto read = reader_.query(
      std::string{"SELECT updated_at, number FROM engine_runs WHERE"
                  " is_over = 1 AND status "}
        + which
        + " 'failed' ORDER BY updated_at DESC, number DESC LIMIT 1 OFFSET ?1",
      parameters, [&](const runtime::sqlite_row& row) {
        at = row.integer(0);
        number = row.integer(1);
      });
    found.emplace_back(at);
    found.emplace_back(number);
    return read;
  };
  if (auto read = add("<>", keep.keep_for, keep.keep_max); !read)
    return fail(read.error());
  if (auto read = add("=", keep.keep_failed_for, keep.keep_failed_max); !read)
    return fail(read.error());
  return found;
}

outcome<std::vector<surplus_run>>
retained_runs::surplus(const run_retention& keep, instant now,
                       std::size_t limit) {
  auto parameters = limits(keep, now);
  if (!parameters)
    return fail(parameters.error());
  parameters->emplace_back(static_cast<std::int64_t>(limit));
  auto found = std::vector<surplus_run>{};
  auto read = reader_.query(
    std::string{"SELECT r.number, r.run_id, r.workflow_id, r.status,"
                " r.updated_at FROM engine_runs r WHERE"}
      + is_surplus + " ORDER BY r.number LIMIT ?7",
    *parameters, [&](const runtime::sqlite_row& row) {
      found.push_back({row.integer(0), std::string{row.text(1)},
                       std::string{row.text(2)}, std::string{row.text(3)},
                       runtime::from_microseconds(row.integer(4))});
    });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<retention_figures> retained_runs::figures(const run_retention& keep,
                                                  instant now) {
  auto found = retention_figures{};
  auto read = reader_.query(
    "SELECT is_over, status = 'failed', count(*) FROM engine_runs"
    " GROUP BY is_over, status = 'failed'",
    {}, [&](const runtime::sqlite_row& row) {
      auto& count = row.integer(0) == 0   ? found.open
                    : row.integer(1) == 0 ? found.ended
                                          : found.failed;
      count += row.integer(2);
    });
  if (!read)
    return fail(read.error());
  const auto parameters = limits(keep, now);
  if (!parameters)
    return fail(parameters.error());
  const auto surplus = number_from(
    std::string{"SELECT count(*) FROM engine_runs r WHERE"} + is_surplus,
    *parameters);
  const auto left = number_from("SELECT count(*) FROM engine_pruned", {});
  const auto keys = number_from("SELECT count(*) FROM engine_kept_keys", {});
  for (const auto* number : {&surplus, &left, &keys})
    if (!*number)
      return fail(number->error());
  found.surplus = *surplus;
  found.being_deleted = *left;
  found.kept_keys = *keys;
  return found;
}

outcome<bool> retained_runs::has_unfinished() {
  return number_from("SELECT EXISTS (SELECT 1 FROM engine_pruned)", {})
    .map([](std::int64_t found) { return found != 0; });
}

outcome<bool> retained_runs::has_leftovers(instant now) {
  return number_from("SELECT EXISTS (SELECT 1 FROM engine_pruned) OR EXISTS"
                     " (SELECT 1 FROM engine_kept_keys WHERE until <= ?1)",
                     {runtime::to_microseconds(now)})
    .map([](std::int64_t found) { return found != 0; });
}

} // namespace troupe::engine
