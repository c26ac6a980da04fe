#include "actors/engine/recorded_runs.hpp"

// What a store says of all its runs together.

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;
using runtime::sqlite_row;

outcome<std::int64_t> recorded_runs::number_from(const std::string& sql) {
  auto number = std::int64_t{0};
  auto read = reader_.query(sql, {}, [&](const sqlite_row& row) {
    number = row.integer(0);
  });
  if (!read)
    return fail(read.error());
  return number;
}

outcome<run_number> recorded_runs::last_number() {
  return number_from("SELECT coalesce(max(number), 0) FROM engine_runs");
}

outcome<deadline_figures> recorded_runs::deadlines() {
  auto figures = deadline_figures{};
  if (!has_deadlines_)
    return figures;
  auto read = reader_.query(
    "SELECT said, is_over, count(*) FROM engine_deadlines JOIN engine_runs"
    " ON number = run GROUP BY said, is_over",
    {}, [&](const sqlite_row& row) {
      const auto count = row.integer(2);
      const auto is_over_now = row.integer(1) != 0;
      if (row.text(0) == "near" && !is_over_now)
        figures.near += count;
      if (row.text(0) != "missed")
        return;
      figures.missed += count;
      if (!is_over_now)
        figures.overdue += count;
    });
  if (!read)
    return fail(read.error());
  return figures;
}

outcome<std::int64_t> recorded_runs::orphans() {
  // Those of runs that are being deleted are on their way.
  const auto may_prune = reader_.has_table("engine_pruned");
  if (!may_prune)
    return fail(may_prune.error());
  return number_from(
    std::string{"SELECT count(*) FROM engine_history WHERE run NOT IN"
                " (SELECT number FROM engine_runs)"}
    + (*may_prune ? " AND run NOT IN (SELECT run FROM engine_pruned)" : ""));
}

outcome<std::uint64_t> recorded_runs::last_epoch() {
  const auto epoch
    = number_from("SELECT coalesce(max(epoch), 0) FROM engine_epochs");
  if (!epoch)
    return fail(epoch.error());
  return static_cast<std::uint64_t>(*epoch);
}

outcome<std::map<run_number, std::string>> recorded_runs::set_aside() {
  return read_set_aside(reader_);
}

outcome<std::vector<run_number>> recorded_runs::lost() {
  return find_lost_runs(reader_);
}

outcome<recorded_holds> recorded_runs::holds() {
  return read_holds(reader_);
}

} // namespace troupe::engine
