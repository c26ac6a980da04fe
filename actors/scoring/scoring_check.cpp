#include "actors/scoring/scoring_check.hpp"

#include "actors/scoring/scoring_history.hpp"
#include "actors/scoring/stored_details.hpp"
#include "actors/scoring/stored_figures.hpp"
#include "messages/scoring.pb.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace troupe::scoring {

using runtime::problem;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

constexpr std::size_t problems_max = 100;
constexpr std::uint64_t explained_max = 1'000;
constexpr std::size_t runs_max = 1'000'000;

/// Sums of a run's contributions agree with its totals within this.
constexpr double tolerance = 1e-9;

/// Collects problems of one store, up to the bound.
class findings {
public:
  findings(std::string path, check_result& to)
    : path_{std::move(path)}, to_{to} {}

  void add(problem reason) {
    if (to_.problems.size() < problems_max)
      to_.problems.push_back(std::move(reason));
  }

  void add(std::string message) {
    auto reason = problem{};
    reason.message = std::move(message);
    reason.file = path_;
    reason.hint = "restore a backup, or score again";
    add(std::move(reason));
  }

  void add(const stored_run& run, const std::string& message) {
    add("run " + std::to_string(run.number) + ": " + message);
  }

private:
  std::string path_;
  check_result& to_;
};

/// Runs a query whose every row is a finding, or reports that it failed.
template <class Handle>
void check_rows(scoring_history& history, const char* sql,
                const std::vector<sql_value>& parameters, findings& found,
                Handle handle) {
  const auto read = history.reader().query(sql, parameters, handle);
  if (!read)
    found.add(read.error());
}

void check_orphans(scoring_history& history, findings& found) {
  check_rows(history,
             "SELECT run, count(*) FROM scoring_items"
             " WHERE run NOT IN (SELECT number FROM scoring_runs)"
             " GROUP BY run LIMIT 100",
             {}, found, [&](const sqlite_row& row) {
               found.add(std::string{row.text(1)} + " items belong to run "
                         + std::string{row.text(0)} + ", which is not there");
             });
}

/// Whether all items are there.
bool check_rows_of(scoring_history& history, const stored_run& run,
                   findings& found) {
  auto is_whole = false;
  check_rows(
    history,
    "SELECT count(*), min(row), max(row) FROM scoring_items"
    " WHERE run = ?1",
    {run.number}, found, [&](const sqlite_row& row) {
      const auto count = static_cast<std::uint64_t>(row.integer(0));
      is_whole = count == run.items;
      if (!is_whole)
        found.add(run, std::to_string(count) + " of "
                         + std::to_string(run.items) + " items are there");
      else if (count != 0
               && (row.integer(1) != 0 || row.integer(2) != row.integer(0) - 1))
        found.add(run, "its rows do not count from 0");
    });
  check_rows(history,
             "SELECT item_id, count(*) FROM scoring_items WHERE run = ?1"
             " GROUP BY item_id HAVING count(*) > 1 LIMIT 10",
             {run.number}, found, [&](const sqlite_row& row) {
               found.add(run, "item \"" + std::string{row.text(0)}
                                + "\" is there more than once");
             });
  return is_whole;
}

void check_ranks(scoring_history& history, const stored_run& run,
                 findings& found) {
  // Others may be 0 throughout: not ranked.
  for (const auto* rank :
       {"overall_rank", "financial_rank", "strategic_rank"}) {
    const auto sql = "SELECT count(*), count(DISTINCT " + std::string{rank}
                     + "), min(" + rank + "), max(" + rank
                     + ") FROM scoring_items WHERE run = ?1";
    check_rows(history, sql.c_str(), {run.number}, found,
               [&](const sqlite_row& row) {
                 const auto count = row.integer(0);
                 const auto is_permutation = row.integer(1) == count
                                             && row.integer(2) == 1
                                             && row.integer(3) == count;
                 const auto is_absent = std::string_view{rank} != "overall_rank"
                                        && row.integer(2) == 0
                                        && row.integer(3) == 0;
                 if (count != 0 && !is_permutation && !is_absent)
                   found.add(run, std::string{rank}
                                    + " does not count every place from 1 to "
                                    + std::to_string(count) + " once");
               });
  }
}

/// Whether two numbers are the same, NaN included.
bool is_same(double left, double right) noexcept {
  return left == right || (std::isnan(left) && std::isnan(right));
}

/// What is wrong with one row; empty: nothing.
std::string fault_of(const sqlite_row& row, const run_formula& formula,
                     bool is_explained) {
  const auto blob = row.blob(4);
  const auto scores = decode_scores(
    formula.plan, {reinterpret_cast<const char*>(blob.data()), blob.size()});
  if (!scores)
    return "its numbers cannot be read";
  if (!is_same(scores->item.total, row.real(2)))
    return "its total differs from that of its numbers";
  if (!is_same(scores->completeness, row.real(3)))
    return "its completeness differs from that of its numbers";
  if (!is_explained)
    return {};
  const auto amounts
    = contribution_amounts(formula.plan, formula.scales, scores->item);
  const auto sum = std::accumulate(amounts.begin(), amounts.end(), 0.0);
  if (!(std::abs(sum - scores->item.total) <= tolerance))
    return "its contributions do not add up to its total";
  return {};
}

void check_scores(scoring_history& history, const stored_run& run,
                  findings& found) {
  const auto formula = history.load_formula(run);
  if (!formula) {
    found.add(formula.error());
    return;
  }
  if (formula->scales.criteria.size() != formula->plan.criteria.size()) {
    found.add(run, "its scales are not those of its configuration");
    return;
  }
  const auto configuration
    = parse_configuration(formula->configuration, std::string{});
  if (!configuration || digest(*configuration) != run.configuration_digest)
    found.add(run, "its configuration is not the one of its digest");
  const auto step = std::max<std::uint64_t>(1, run.items / explained_max);
  check_rows(history,
             "SELECT row, item_id, total, completeness, scores"
             " FROM scoring_items WHERE run = ?1 ORDER BY row",
             {run.number}, found, [&](const sqlite_row& row) {
               const auto at = static_cast<std::uint64_t>(row.integer(0));
               const auto fault = fault_of(row, *formula, at % step == 0);
               if (!fault.empty())
                 found.add(run, "item \"" + std::string{row.text(1)}
                                  + "\": " + fault);
             });
}

void check_details(scoring_history& history, const stored_run& run,
                   findings& found) {
  check_rows(history,
             "SELECT item_id, details FROM scoring_items WHERE run = ?1"
             " AND details IS NOT NULL ORDER BY row",
             {run.number}, found, [&](const sqlite_row& row) {
               const auto blob = row.blob(1);
               auto ignored = item_batch{};
               if (!append_details({reinterpret_cast<const char*>(blob.data()),
                                    blob.size()},
                                   ignored))
                 found.add(run, "item \"" + std::string{row.text(0)}
                                  + "\": its details cannot be read");
             });
}

/// What a scoring is answered by that is asked for once more.
void check_answers(scoring_history& history, const stored_run& run,
                   findings& found) {
  check_rows(history,
             "SELECT report FROM scoring_runs WHERE number = ?1"
             " AND report IS NOT NULL",
             {run.number}, found, [&](const sqlite_row& row) {
               const auto blob = row.blob(0);
               auto ignored = messages::ScoringSummary{};
               if (!ignored.ParseFromArray(blob.data(),
                                           static_cast<int>(blob.size())))
                 found.add(run, "its report cannot be read");
             });
  check_rows(history,
             "SELECT item_id, figures FROM scoring_items WHERE run = ?1"
             " AND length(figures) > 0 ORDER BY row",
             {run.number}, found, [&](const sqlite_row& row) {
               const auto blob = row.blob(1);
               if (!decode_figures(
                     {reinterpret_cast<const char*>(blob.data()), blob.size()}))
                 found.add(run, "item \"" + std::string{row.text(0)}
                                  + "\": its financial figures cannot be read");
             });
}

} // namespace

check_result check_scorings(const std::string& path) {
  auto result = check_result{};
  auto found = findings{path, result};
  auto history = scoring_history::open(path);
  if (!history) {
    found.add(history.error());
    return result;
  }
  const auto has_items = history->reader().has_table("scoring_items");
  const auto runs = history->list_runs(runs_max);
  const auto has_details = history->has_details();
  if (!has_items || !runs) {
    found.add(runs ? has_items.error() : runs.error());
    return result;
  }
  if (!*has_items)
    return result; // No scoring has ever come so far.
  const auto has_keys = history->has_keys();
  if (!has_details || !has_keys)
    found.add(has_details ? has_keys.error() : has_details.error());
  check_orphans(*history, found);
  for (const auto& run : *runs) {
    ++result.runs;
    result.items += run.items;
    // Ranks of a part have gaps, and those of a real-time run are places in
    // another one.
    if (check_rows_of(*history, run, found) && run.mode != "real_time")
      check_ranks(*history, run, found);
    check_scores(*history, run, found);
    if (has_details.value_or(false))
      check_details(*history, run, found);
    if (has_keys.value_or(false))
      check_answers(*history, run, found);
  }
  return result;
}

} // namespace troupe::scoring
