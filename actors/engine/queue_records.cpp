#include "actors/engine/queue_records.hpp"

#include "runtime/store/transactions.hpp"

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;
using runtime::sqlite_row;

namespace {

std::string name_of(hold_source source) {
  return source == hold_source::operators ? "operators" : "load";
}

} // namespace

const runtime::migration_list& queue_schema() {
  static const auto schema = runtime::migration_list{
    {"engine_queue", 1,
     "CREATE TABLE engine_queue_holds ("
     " source TEXT PRIMARY KEY,"
     " held_by TEXT NOT NULL,"
     " reason TEXT NOT NULL,"
     " since INTEGER NOT NULL);"
     "CREATE TABLE engine_set_aside ("
     " run INTEGER PRIMARY KEY,"
     " reason TEXT NOT NULL,"
     " at INTEGER NOT NULL)"},
  };
  return schema;
}

void add_hold(messages::CommitTransaction& to, hold_source source,
              const queue_hold& hold) {
  runtime::add_statement(
    to,
    "INSERT INTO engine_queue_holds (source, held_by, reason, since)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (source) DO UPDATE SET"
    " held_by = excluded.held_by, reason = excluded.reason,"
    " since = excluded.since",
    {name_of(source), hold.by, hold.reason,
     runtime::to_microseconds(hold.since)});
}

void drop_hold(messages::CommitTransaction& to, hold_source source) {
  runtime::add_statement(to, "DELETE FROM engine_queue_holds WHERE source = ?1",
                         {name_of(source)});
}

void add_set_aside(messages::CommitTransaction& to,
                   const std::map<run_number, std::string>& runs, instant now) {
  runtime::add_statement(to, "DELETE FROM engine_set_aside", {});
  for (const auto& [run, reason] : runs)
    runtime::add_statement(
      to, "INSERT INTO engine_set_aside (run, reason, at) VALUES (?1, ?2, ?3)",
      {run, reason, runtime::to_microseconds(now)});
}

outcome<recorded_holds> read_holds(runtime::snapshot_reader& from) {
  const auto has_table = from.has_table("engine_queue_holds");
  if (!has_table)
    return fail(has_table.error());
  auto holds = recorded_holds{};
  if (!*has_table)
    return holds;
  auto read = from.query(
    "SELECT source, held_by, reason, since FROM engine_queue_holds", {},
    [&](const sqlite_row& row) {
      auto& to = row.text(0) == name_of(hold_source::load) ? holds.loaded
                                                           : holds.paused;
      to = queue_hold{std::string{row.text(1)}, std::string{row.text(2)},
                      runtime::from_microseconds(row.integer(3))};
    });
  if (!read)
    return fail(read.error());
  return holds;
}

outcome<std::map<run_number, std::string>>
read_set_aside(runtime::snapshot_reader& from) {
  const auto has_table = from.has_table("engine_set_aside");
  if (!has_table)
    return fail(has_table.error());
  auto runs = std::map<run_number, std::string>{};
  if (!*has_table)
    return runs;
  auto read = from.query("SELECT run, reason FROM engine_set_aside", {},
                         [&](const sqlite_row& row) {
                           runs[row.integer(0)] = row.text(1);
                         });
  if (!read)
    return fail(read.error());
  return runs;
}

} // namespace troupe::engine
