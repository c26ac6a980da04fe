#include "actors/simulation/simulation_check.hpp"

#include "actors/simulation/simulation_history.hpp"
#include "runtime/mix_bits.hpp"

#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe::simulation {

using runtime::problem;
using runtime::sqlite_row;

namespace {

constexpr auto problems_max = std::size_t{100};
constexpr auto runs_max = std::size_t{1'000'000};

/// Problems of one store, up to the bound.
class check_findings {
public:
  check_findings(std::string path, simulation_check_result& to)
    : path_{std::move(path)}, to_{&to} {}

  void add(problem reason) {
    if (to_->problems.size() < problems_max)
      to_->problems.push_back(std::move(reason));
  }

  void add(std::string message) {
    auto reason = problem{};
    reason.message = std::move(message);
    reason.file = path_;
    reason.hint = "restore a backup, or simulate again";
    add(std::move(reason));
  }

  void add(const stored_simulation& run, const std::string& message) {
    add("simulation " + std::to_string(run.number) + ": " + message);
  }

  [[nodiscard]] simulation_check_result& result() noexcept {
    return *to_;
  }

private:
  std::string path_;
  simulation_check_result* to_;
};

/// People told by how many they are and a sum over their keys.
struct crowd {
  std::int64_t count = 0;
  std::uint64_t keys = 0;
  cents pay = 0;

  void add(std::uint64_t key, cents amount) noexcept {
    ++count;
    keys += runtime::mix_bits(key);
    pay += amount;
  }
};

/// What the blocks of a year come to.
struct year_crowds {
  crowd start; ///< Their pay is that of the end.
  crowd end;
  std::int64_t hires = 0;
  std::int64_t events = 0;
  std::optional<std::uint64_t> last_key;
  bool is_ordered = true;
};

void add_block(year_crowds& to, const year_row_columns& rows,
               const event_columns& events) {
  to.events += static_cast<std::int64_t>(events.count);
  for (auto at = std::size_t{0}; at < rows.count; ++at) {
    const auto row = rows[at];
    to.is_ordered = to.is_ordered && (!to.last_key || *to.last_key < row.key);
    to.last_key = row.key;
    const auto is_hire = row.status == year_status::new_hire_active
                         || row.status == year_status::new_hire_termination;
    if (is_hire)
      ++to.hires;
    else
      to.start.add(row.key, row.pay);
    if (row.is_active())
      to.end.add(row.key, row.pay);
  }
}

/// Runs a query whose every row is a finding, or reports that it failed.
template <class Handle>
void query_findings(simulation_history& history, const std::string& sql,
                    const std::vector<runtime::sql_value>& parameters,
                    check_findings& found, Handle handle) {
  const auto read = history.reader().query(sql, parameters, handle);
  if (!read)
    found.add(read.error());
}

void check_strays(simulation_history& history, check_findings& found) {
  for (const auto* table :
       {"simulation_people", "simulation_years", "simulation_blocks"})
    query_findings(history,
                   "SELECT run, count(*) FROM " + std::string{table}
                     + " WHERE run NOT IN (SELECT number FROM simulation_runs)"
                       " GROUP BY run LIMIT 100",
                   {}, found, [&](const sqlite_row& row) {
                     found.add(std::string{row.text(1)} + " rows of " + table
                               + " belong to run " + std::string{row.text(0)}
                               + ", which is not there");
                   });
  query_findings(history,
                 "SELECT number, parent FROM simulation_runs WHERE parent IS"
                 " NOT NULL AND parent NOT IN (SELECT run_id FROM"
                 " simulation_runs) LIMIT 100",
                 {}, found, [&](const sqlite_row& row) {
                   found.add("simulation " + std::string{row.text(0)}
                             + " is a part of " + std::string{row.text(1)}
                             + ", which is not there");
                 });
}

void check_scenario(simulation_history& history, const stored_simulation& run,
                    check_findings& found) {
  const auto text = history.load_scenario_text(run);
  if (!text)
    found.add(text.error());
  else if (XXH3_64bits(text->data(), text->size()) != run.digest)
    found.add(run, "its scenario is not the one of its digest");
}

/// Whether the years follow each other; what is wrong with them is reported.
void check_totals(const stored_simulation& run,
                  const std::vector<stored_year>& years,
                  check_findings& found) {
  auto expected = run.start_year;
  for (auto at = std::size_t{0}; at < years.size(); ++at) {
    const auto& totals = years[at].totals;
    const auto year = std::to_string(totals.year);
    if (totals.year != expected)
      found.add(run,
                "after " + std::to_string(expected - 1) + " comes " + year);
    expected = totals.year + 1;
    if (totals.end_headcount
        != totals.start_headcount - totals.terminations + totals.hires
             - totals.new_hire_terminations)
      found.add(run, "the headcounts of " + year + " do not add up");
    if (at == 0)
      continue;
    const auto& before = years[at - 1].totals;
    if (before.end_headcount != totals.start_headcount)
      found.add(run, year + " starts with "
                       + std::to_string(totals.start_headcount)
                       + " people, the year before "
                         "ends with "
                       + std::to_string(before.end_headcount));
    if (before.end_payroll != totals.start_payroll)
      found.add(run, year
                       + " starts with another payroll than the year before "
                         "ends with");
  }
  if (run.status == "completed" && expected != run.end_year + 1)
    found.add(run,
              "it is completed, but has no year " + std::to_string(expected));
}

void check_year(const stored_simulation& run, const stored_year& year,
                const year_crowds& crowds, const crowd& before,
                check_findings& found) {
  const auto& totals = year.totals;
  const auto of_year = " of " + std::to_string(totals.year);
  const auto compare
    = [&](const char* what, std::int64_t there, std::int64_t told) {
        if (there != told)
          found.add(run, "its " + std::string{what} + of_year + " are "
                           + std::to_string(there) + ", its totals say "
                           + std::to_string(told));
      };
  compare("people at the start", crowds.start.count, totals.start_headcount);
  compare("hires", crowds.hires, totals.hires);
  compare("people at the end", crowds.end.count, totals.end_headcount);
  compare("cents of payroll", crowds.end.pay, totals.end_payroll);
  compare("events", crowds.events, totals.events);
  if (!crowds.is_ordered)
    found.add(run, "its people" + of_year + " are not in order");
  if (crowds.start.count != before.count || crowds.start.keys != before.keys)
    found.add(run, "who starts " + std::to_string(totals.year)
                     + " is not who was there before it");
}

using key_range = std::pair<std::int64_t, std::int64_t>;

/// By which keys the blocks of a year are found, in their order.
std::vector<key_range> load_ranges(simulation_history& history,
                                   const stored_simulation& run,
                                   std::int32_t year, check_findings& found) {
  auto ranges = std::vector<key_range>{};
  query_findings(history,
                 "SELECT first_key, last_key FROM simulation_blocks"
                 " WHERE run = ?1 AND year = ?2 ORDER BY block",
                 {run.number, std::int64_t{year}}, found,
                 [&](const sqlite_row& row) {
                   ranges.emplace_back(row.integer(0), row.integer(1));
                 });
  return ranges;
}

key_range range_of(const year_row_columns& rows) {
  if (rows.count == 0)
    return {0, 0};
  return {static_cast<std::int64_t>(rows.key.front()),
          static_cast<std::int64_t>(rows.key[rows.count - 1])};
}

void check_blocks(simulation_history& history, const stored_simulation& run,
                  const std::vector<stored_year>& years, crowd before,
                  check_findings& found) {
  for (const auto& year : years) {
    auto crowds = year_crowds{};
    auto has_other_keys = false;
    const auto ranges = load_ranges(history, run, year.totals.year, found);
    auto range = ranges.begin();
    const auto read = history.for_each_block(
      run, year.totals.year,
      [&](const year_row_columns& rows,
          const event_columns& events) -> runtime::outcome<void> {
        add_block(crowds, rows, events);
        has_other_keys = has_other_keys || range == ranges.end()
                         || *range++ != range_of(rows);
        return {};
      });
    if (!read) {
      // The next year cannot be compared with it.
      found.add(run, read.error().message);
      return;
    }
    if (has_other_keys)
      found.add(run, "a block of " + std::to_string(year.totals.year)
                       + " has other keys than it is found by");
    found.result().rows
      += static_cast<std::uint64_t>(crowds.start.count + crowds.hires);
    check_year(run, year, crowds, before, found);
    before = crowds.end;
  }
}

/// Who is there at the start; nothing if that cannot be told.
std::optional<crowd> check_people_of(simulation_history& history,
                                     const stored_simulation& run,
                                     check_findings& found) {
  const auto staff = history.load_people(run);
  const auto ids = history.load_ids(run);
  if (!staff || !ids) {
    found.add(run, (staff ? ids.error() : staff.error()).message);
    return std::nullopt;
  }
  auto there = crowd{};
  auto named = std::size_t{0};
  for (const auto& block : *staff)
    for (auto at = std::size_t{0}; at < block.size(); ++at) {
      there.add(block.key[at], block.pay[at]);
      named += std::ranges::binary_search(ids->keys(), block.key[at]) ? 1 : 0;
    }
  if (named != run.people)
    found.add(run, std::to_string(named) + " of " + std::to_string(run.people)
                     + " people have an id");
  return there;
}

/// Whether people are stored, and not only totals.
bool keeps_people(simulation_history& history, const stored_simulation& run,
                  const std::vector<stored_year>& years,
                  check_findings& found) {
  auto is_kept = std::ranges::any_of(years, [](const stored_year& year) {
    return year.figures.blocks != 0;
  });
  query_findings(history,
                 "SELECT 1 FROM simulation_people WHERE run = ?1 LIMIT 1",
                 {run.number}, found,
                 [&](const sqlite_row&) { is_kept = true; });
  return is_kept;
}

void check_run(simulation_history& history, const stored_simulation& run,
               check_findings& found) {
  ++found.result().runs;
  check_scenario(history, run, found);
  const auto years = history.load_years(run);
  if (!years) {
    found.add(years.error());
    return;
  }
  found.result().years += years->size();
  if (run.kind == "projection" || !years->empty())
    check_totals(run, *years, found);
  if (!keeps_people(history, run, *years, found))
    return;
  const auto start = check_people_of(history, run, found);
  if (!start)
    return;
  if (!years->empty() && start->pay != years->front().totals.start_payroll)
    found.add(run, "its first year starts with another payroll than its "
                   "people have");
  check_blocks(history, run, *years, *start, found);
}

} // namespace

simulation_check_result check_simulations(const std::string& path) {
  auto result = simulation_check_result{};
  auto found = check_findings{path, result};
  auto history = simulation_history::open(path);
  if (!history) {
    found.add(history.error());
    return result;
  }
  const auto has_blocks = history->reader().has_table("simulation_blocks");
  const auto runs = history->list_runs(runs_max);
  if (!has_blocks || !runs) {
    found.add(runs ? has_blocks.error() : runs.error());
    return result;
  }
  if (!*has_blocks)
    return result; // No simulation has ever come so far.
  check_strays(*history, found);
  for (const auto& run : *runs) {
    check_run(*history, run, found);
    const auto children = history->children(run);
    if (!children) {
      found.add(children.error());
      continue;
    }
    for (const auto& child : *children)
      check_run(*history, child, found);
  }
  return result;
}

} // namespace troupe::simulation
