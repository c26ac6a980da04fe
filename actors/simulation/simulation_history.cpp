#include "actors/simulation/simulation_history.hpp"

#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/packed_ids.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/stored_staff.hpp"
#include "actors/simulation/year_plan.hpp"
#include "actors/simulation/year_totals_message.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

constexpr auto run_columns
  = "number, run_id, parent, label, kind, status, scenario_name, digest, seed,"
    " census, people, start_year, end_year, reason, started_at, finished_at,"
    " idempotency_key, version, report,"
    " (SELECT count(*) FROM simulation_years WHERE run = number),"
    " (SELECT count(*) FROM simulation_runs AS child"
    " WHERE child.parent = simulation_runs.run_id)";

std::uint64_t count_at(const sqlite_row& row, std::size_t column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

stored_simulation simulation_of(const sqlite_row& row) {
  auto run = stored_simulation{};
  run.number = row.integer(0);
  run.id = row.text(1);
  run.parent = row.text(2);
  run.label = row.text(3);
  run.kind = row.text(4);
  run.status = row.text(5);
  run.scenario_name = row.text(6);
  run.digest = count_at(row, 7);
  run.seed = count_at(row, 8);
  run.census = row.text(9);
  run.people = count_at(row, 10);
  run.start_year = static_cast<std::int32_t>(row.integer(11));
  run.end_year = static_cast<std::int32_t>(row.integer(12));
  run.reason = row.text(13);
  run.started_at = runtime::from_microseconds(row.integer(14));
  if (!row.is_null(15))
    run.finished_at = runtime::from_microseconds(row.integer(15));
  run.idempotency_key = row.text(16);
  run.version = row.text(17);
  run.report = row.text(18);
  run.years = count_at(row, 19);
  run.children = count_at(row, 20);
  return run;
}

std::string_view characters_of(std::span<const std::uint8_t> blob) {
  return {reinterpret_cast<const char*>(blob.data()), blob.size()};
}

/// A number as a person writes it; a beginning of an id may have digits only,
/// but then begins with 0.
std::optional<std::int64_t> run_number_of(std::string_view name) {
  auto number = std::int64_t{0};
  const auto* const end = name.data() + name.size();
  const auto [last, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc{} || last != end || number <= 0 || name.front() == '0')
    return std::nullopt;
  return number;
}

/// Whether everybody who left did so in this year.
bool leaves_in(const year_days& days, const year_row_columns& rows) {
  return std::ranges::all_of(
    std::span{rows.termination_date}.first(rows.count),
    [&days](day_number day) {
      return day == no_day || (day >= days.first && day <= days.last);
    });
}

problem only_totals(const stored_simulation& run) {
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  reason.message = "of run " + std::to_string(run.number)
                   + " only totals are stored, no people";
  reason.hint = "run its scenario by itself: troupe simulate --store FILE";
  return reason;
}

/// Hands a stored block to whoever wants it.
outcome<void> hand_out(const sqlite_row& row, const year_days& days,
                       const block_handler& handle) {
  const auto rows = unpack_rows(characters_of(row.blob(0)));
  if (!rows)
    return fail(rows.error());
  const auto events = unpack_events(characters_of(row.blob(1)));
  if (!events)
    return fail(events.error());
  if (!leaves_in(days, *rows))
    return fail(problem_kind::failed, "a termination is of another year");
  return handle(*rows, *events);
}

} // namespace

problem damaged_run(const stored_simulation& run, const std::string& what) {
  auto reason = problem{};
  reason.message
    = what + " of run " + std::to_string(run.number) + " cannot be read";
  reason.hint = "see what else is damaged: troupe doctor";
  return reason;
}

simulation_history::simulation_history(runtime::snapshot_reader reader,
                                       bool has_runs)
  : reader_{std::move(reader)}, has_runs_{has_runs} {}

outcome<simulation_history> simulation_history::open(const std::string& store) {
  auto reader = runtime::snapshot_reader::open(store);
  if (!reader)
    return fail(reader.error());
  if (const auto begun = reader->begin_snapshot(); !begun)
    return fail(begun.error());
  const auto has_runs = reader->has_table("simulation_runs");
  if (!has_runs)
    return fail(has_runs.error());
  return simulation_history{std::move(*reader), *has_runs};
}

outcome<std::vector<stored_simulation>>
simulation_history::select_runs(std::string_view where,
                                std::span<const sql_value> parameters) {
  auto runs = std::vector<stored_simulation>{};
  if (!has_runs_)
    return runs;
  auto sql = std::string{"SELECT "};
  sql += run_columns;
  sql += " FROM simulation_runs ";
  sql += where;
  const auto read = reader_.query(sql, parameters, [&](const sqlite_row& row) {
    runs.push_back(simulation_of(row));
  });
  if (!read)
    return fail(read.error());
  return runs;
}

outcome<std::vector<stored_simulation>>
simulation_history::list_runs(std::size_t limit) {
  constexpr auto limit_max = std::size_t{1} << 40U;
  const auto parameters = std::vector<sql_value>{
    static_cast<std::int64_t>(std::min(limit, limit_max))};
  return select_runs("WHERE parent IS NULL ORDER BY number DESC LIMIT ?1",
                     parameters);
}

outcome<std::vector<stored_simulation>>
simulation_history::children(const stored_simulation& run) {
  const auto parameters = std::vector<sql_value>{run.id};
  return select_runs("WHERE parent = ?1 ORDER BY number", parameters);
}

problem simulation_history::no_run(std::string_view name) {
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  const auto newest = list_runs(1);
  const auto oldest
    = select_runs("WHERE parent IS NULL ORDER BY number LIMIT 1", {});
  if (!newest || !oldest || newest->empty() || oldest->empty()) {
    reason.message = "nothing has been simulated into this store";
    reason.hint = "simulate something: troupe simulate --census FILE --config "
                  "FILE --store FILE";
    return reason;
  }
  reason.message = "there is no run \"" + std::string{name} + "\"";
  reason.hint = "the runs are " + std::to_string(oldest->front().number)
                + " to " + std::to_string(newest->front().number)
                + "; list them: troupe simulate runs";
  return reason;
}

outcome<stored_simulation>
simulation_history::find_beginning(std::string_view name) {
  const auto parameters = std::vector<sql_value>{std::string{name}};
  // Parts are begun with their parent, so that their ids begin alike.
  for (const auto* which : {"parent IS NULL", "parent IS NOT NULL"}) {
    auto runs = select_runs(
      "WHERE " + std::string{which}
        + " AND substr(run_id, 1, length(?1)) = lower(?1) LIMIT 2",
      parameters);
    if (!runs)
      return fail(runs.error());
    if (runs->size() > 1)
      return fail(problem_kind::invalid_input,
                  "several runs begin with \"" + std::string{name} + "\"",
                  "write more of the id, or the run's number: troupe simulate "
                  "runs");
    if (!runs->empty())
      return std::move(runs->front());
  }
  return fail(no_run(name));
}

outcome<stored_simulation> simulation_history::find_run(std::string_view name) {
  if (name == "last") {
    auto runs = list_runs(1);
    if (!runs)
      return fail(runs.error());
    if (runs->empty())
      return fail(no_run(name));
    return std::move(runs->front());
  }
  if (const auto number = run_number_of(name)) {
    const auto parameters = std::vector<sql_value>{*number};
    auto runs = select_runs("WHERE number = ?1", parameters);
    if (!runs)
      return fail(runs.error());
    if (!runs->empty())
      return std::move(runs->front());
  }
  if (name.empty())
    return fail(no_run(name));
  return find_beginning(name);
}

outcome<std::optional<stored_simulation>>
simulation_history::find_key(std::string_view idempotency_key) {
  const auto parameters = std::vector<sql_value>{std::string{idempotency_key}};
  auto runs = select_runs("WHERE idempotency_key = ?1", parameters);
  if (!runs)
    return fail(runs.error());
  if (runs->empty())
    return std::nullopt;
  return std::move(runs->front());
}

outcome<std::vector<stored_year>>
simulation_history::load_years(const stored_simulation& run) {
  auto years = std::vector<stored_year>{};
  auto is_read = true;
  const auto parameters = std::vector<sql_value>{run.number};
  const auto read = reader_.query(
    "SELECT totals, blocks, raw_bytes, packed_bytes, seconds, year"
    " FROM simulation_years WHERE run = ?1 ORDER BY year",
    parameters, [&](const sqlite_row& row) {
      auto message = messages::YearTotals{};
      const auto blob = row.blob(0);
      is_read
        = is_read
          && message.ParseFromArray(blob.data(), static_cast<int>(blob.size()))
          && message.year() == row.integer(5);
      years.push_back(
        {.totals = from_message(message),
         .figures = {.blocks = static_cast<std::size_t>(row.integer(1)),
                     .raw_bytes = count_at(row, 2),
                     .packed_bytes = count_at(row, 3),
                     .seconds = row.real(4)}});
    });
  if (!read)
    return fail(read.error());
  if (!is_read)
    return fail(damaged_run(run, "the totals"));
  return years;
}

outcome<std::string>
simulation_history::load_scenario_text(const stored_simulation& run) {
  auto text = std::string{};
  const auto parameters = std::vector<sql_value>{run.number};
  const auto read
    = reader_.query("SELECT scenario FROM simulation_runs WHERE number = ?1",
                    parameters,
                    [&](const sqlite_row& row) { text = row.text(0); });
  if (!read)
    return fail(read.error());
  return text;
}

outcome<scenario>
simulation_history::load_scenario(const stored_simulation& run) {
  const auto text = load_scenario_text(run);
  if (!text)
    return fail(text.error());
  auto read = parse_canonical_text(*text);
  if (!read)
    return fail(damaged_run(run, "the scenario"));
  return read;
}

outcome<std::vector<people>>
simulation_history::load_people(const stored_simulation& run) {
  auto staff = std::vector<people>{};
  auto found = std::uint64_t{0};
  auto has_blocks = false;
  const auto parameters = std::vector<sql_value>{run.number};
  const auto read = reader_.query(
    "SELECT people FROM simulation_people WHERE run = ?1 ORDER BY block",
    parameters, [&](const sqlite_row& row) {
      has_blocks = true;
      auto block = unpack_people(characters_of(row.blob(0)));
      if (!block)
        return; // Then somebody is missing.
      found += block->size();
      staff.push_back(std::move(*block));
    });
  if (!read)
    return fail(read.error());
  if (!has_blocks && run.people != 0)
    return fail(only_totals(run));
  if (found != run.people)
    return fail(damaged_run(run, "the people"));
  return staff;
}

outcome<simulation_checkpoint>
simulation_history::load_checkpoint(const stored_simulation& run) {
  const auto years = load_years(run);
  if (!years)
    return fail(years.error());
  auto checkpoint = simulation_checkpoint{};
  if (years->empty()) {
    auto staff = load_people(run);
    if (!staff)
      return fail(staff.error());
    checkpoint.staff = std::move(*staff);
    return checkpoint;
  }
  checkpoint.last = years->back().totals;
  auto found = std::int64_t{0};
  const auto read = for_each_block(
    run, checkpoint.last->year,
    [&](const year_row_columns& rows, const event_columns&) -> outcome<void> {
      checkpoint.staff.push_back(staff_of(rows));
      found += static_cast<std::int64_t>(checkpoint.staff.back().size());
      return {};
    });
  if (!read)
    return fail(read.error());
  if (found != checkpoint.last->end_headcount)
    return fail(damaged_run(run, "the people at the end of "
                                   + std::to_string(checkpoint.last->year)));
  return checkpoint;
}

outcome<person_ids> simulation_history::load_ids(const stored_simulation& run) {
  auto ids = id_columns{};
  auto unpacked = outcome<void>{};
  const auto parameters = std::vector<sql_value>{run.number};
  const auto read = reader_.query(
    "SELECT ids FROM simulation_people WHERE run = ?1 ORDER BY block",
    parameters, [&](const sqlite_row& row) {
      if (unpacked)
        unpacked = unpack_ids(characters_of(row.blob(0)), ids);
    });
  if (!read)
    return fail(read.error());
  if (!unpacked || !std::ranges::is_sorted(ids.keys))
    return fail(damaged_run(run, "the ids"));
  return make_person_ids(std::move(ids));
}

outcome<std::size_t> simulation_history::select_blocks(
  const stored_simulation& run, std::int32_t year, std::string_view where,
  std::span<const sql_value> parameters, const block_handler& handle) {
  const auto days = make_year_plan({}, year).days;
  auto blocks = std::size_t{0};
  auto handled = outcome<void>{};
  auto sql = std::string{"SELECT year_rows, events, block FROM"
                         " simulation_blocks WHERE run = ?1 AND year = ?2"};
  sql += where;
  sql += " ORDER BY block";
  const auto read = reader_.query(sql, parameters, [&](const sqlite_row& row) {
    ++blocks;
    if (!handled)
      return;
    handled = hand_out(row, days, handle);
    if (!handled)
      handled.error().message += ", in block " + std::to_string(row.integer(2))
                                 + " of " + std::to_string(year) + " of run "
                                 + std::to_string(run.number);
  });
  if (!read)
    return fail(read.error());
  if (!handled)
    return fail(handled.error());
  return blocks;
}

outcome<void> simulation_history::for_each_block(const stored_simulation& run,
                                                 std::int32_t year,
                                                 const block_handler& handle) {
  const auto parameters
    = std::vector<sql_value>{run.number, std::int64_t{year}};
  auto expected = std::optional<std::size_t>{};
  const auto read = reader_.query(
    "SELECT blocks FROM simulation_years WHERE run = ?1 AND year = ?2",
    parameters, [&](const sqlite_row& row) {
      expected = static_cast<std::size_t>(row.integer(0));
    });
  if (!read)
    return fail(read.error());
  if (!expected)
    return fail(problem_kind::not_found,
                "run " + std::to_string(run.number) + " has no year "
                  + std::to_string(year),
                "see its years: troupe simulate show "
                  + std::to_string(run.number));
  if (*expected == 0)
    return fail(only_totals(run));
  const auto blocks = select_blocks(run, year, "", parameters, handle);
  if (!blocks)
    return fail(blocks.error());
  if (*blocks != *expected)
    return fail(damaged_run(run, "all blocks of " + std::to_string(year)));
  return {};
}

outcome<void> simulation_history::for_block_of(const stored_simulation& run,
                                               std::int32_t year,
                                               std::uint64_t key,
                                               const block_handler& handle) {
  const auto parameters = std::vector<sql_value>{
    run.number, std::int64_t{year}, static_cast<std::int64_t>(key)};
  const auto blocks = select_blocks(
    run, year, " AND first_key <= ?3 AND last_key >= ?3", parameters, handle);
  if (!blocks)
    return fail(blocks.error());
  return {};
}

} // namespace troupe::simulation
