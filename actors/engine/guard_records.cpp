#include "actors/engine/guard_records.hpp"

#include "runtime/guard/guard_record.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/transactions.hpp"

#include <utility>

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;

const runtime::migration_list& guard_schema() {
  // A subsystem of its own: its versions depend on nobody else's.
  static const auto schema = runtime::migration_list{
    {"engine_guards", 1,
     "CREATE TABLE engine_guards ("
     " name TEXT PRIMARY KEY,"
     " record TEXT NOT NULL," // As runtime/guard writes it.
     " saved_at INTEGER NOT NULL)"},
  };
  return schema;
}

void add_guard_records(messages::CommitTransaction& to,
                       const std::vector<named_guard_record>& records,
                       runtime::clock::wall_time now) {
  for (const auto& each : records)
    runtime::add_statement(
      to,
      "INSERT INTO engine_guards (name, record, saved_at) VALUES (?1, ?2, ?3)"
      " ON CONFLICT (name) DO UPDATE SET record = excluded.record,"
      " saved_at = excluded.saved_at",
      {each.guard, runtime::to_json(each.record),
       runtime::to_microseconds(now)});
}

outcome<std::vector<named_guard_record>>
read_guard_records(const std::string& path) {
  auto reader = runtime::snapshot_reader::open(path);
  if (!reader)
    return fail(reader.error());
  auto found = std::vector<named_guard_record>{};
  auto read = reader->query(
    "SELECT name, record FROM engine_guards ORDER BY name", {},
    [&](const runtime::sqlite_row& row) {
      auto record = runtime::parse_guard_record(row.text(1));
      if (record)
        found.push_back({std::string{row.text(0)}, std::move(*record)});
      else
        runtime::log_warning("engine", "a guard starts anew",
                             {{"guard", std::string{row.text(0)}},
                              {"reason", runtime::render(record.error())}});
    });
  if (!read)
    return fail(read.error());
  return found;
}

} // namespace troupe::engine
