#include "actors/engine/open_blocks.hpp"

#include "runtime/store/transactions.hpp"

#include <map>
#include <string>
#include <utility>

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;
using runtime::sqlite_row;

std::vector<open_blocks::change>
open_blocks::follow(const std::vector<run_change>& changes) {
  auto touched = std::map<block_number, bool>{}; // Whether it had any before.
  for (const auto& change : changes) {
    if (change.is_open == change.was_open)
      continue;
    const auto block = block_of(change.number);
    const auto found = open_.try_emplace(block).first;
    touched.try_emplace(block, found->second != 0);
    if (change.is_open)
      ++found->second;
    else if (--found->second == 0)
      open_.erase(found);
  }
  auto result = std::vector<change>{};
  for (const auto& [block, had_open] : touched)
    if (const auto has_open = open_.contains(block); has_open != had_open)
      result.push_back({block, has_open});
  return result;
}

const runtime::migration_list& open_block_schema() {
  const auto sql_with = [](const std::string& integer) {
    return "DROP INDEX engine_runs_open;"
           "CREATE TABLE engine_open_blocks (block "
           + integer
           + " PRIMARY KEY);"
             "INSERT INTO engine_open_blocks (block) SELECT DISTINCT number / "
           + std::to_string(open_blocks::runs_per_block)
           + " FROM engine_runs WHERE is_over = 0;";
  };
  // A version of the engine's own: an older program would not keep the blocks,
  // and has to refuse the store. Rows that change beside themselves need no new
  // entry in any index, and an index does not have to hold that there is no
  // key.
  static const auto schema = runtime::migration_list{
    {"engine", 2, sql_with("INTEGER"),
     sql_with("BIGINT")
       + "ALTER TABLE engine_runs SET (fillfactor = 50);"
         "ALTER TABLE engine_runs"
         " DROP CONSTRAINT engine_runs_idempotency_key_key;"
         "CREATE UNIQUE INDEX engine_runs_by_key ON engine_runs"
         " (idempotency_key) WHERE idempotency_key IS NOT NULL"},
  };
  return schema;
}

void add_open_blocks(messages::CommitTransaction& to,
                     const std::vector<open_blocks::change>& changes) {
  for (const auto& change : changes)
    runtime::add_statement(
      to,
      change.has_open ? "INSERT INTO engine_open_blocks (block) VALUES (?1)"
                        " ON CONFLICT DO NOTHING"
                      : "DELETE FROM engine_open_blocks WHERE block = ?1",
      {change.block});
}

outcome<std::vector<run_range>>
read_open_ranges(runtime::snapshot_reader& from) {
  constexpr auto size = open_blocks::runs_per_block;
  auto ranges = std::vector<run_range>{};
  auto read
    = from.query("SELECT block FROM engine_open_blocks ORDER BY block", {},
                 [&](const sqlite_row& row) {
                   const auto first = row.integer(0) * size;
                   if (!ranges.empty() && ranges.back().last == first - 1)
                     ranges.back().last += size;
                   else
                     ranges.push_back({first, first + size - 1});
                 });
  if (!read)
    return fail(read.error());
  return ranges;
}

outcome<std::vector<run_number>>
find_lost_runs(runtime::snapshot_reader& from) {
  auto lost = std::vector<run_number>{};
  const auto has_table = from.has_table("engine_open_blocks");
  if (!has_table)
    return fail(has_table.error());
  if (!*has_table)
    return lost; // An engine of this version will make it of the runs.
  auto read = from.query(
    "SELECT number FROM engine_runs WHERE is_over = 0 AND NOT EXISTS"
    " (SELECT 1 FROM engine_open_blocks WHERE block = number / ?1)"
    " ORDER BY number",
    std::vector<runtime::sql_value>{open_blocks::runs_per_block},
    [&](const sqlite_row& row) { lost.push_back(row.integer(0)); });
  if (!read)
    return fail(read.error());
  return lost;
}

} // namespace troupe::engine
