#include "actors/scoring/scoring_history.hpp"

#include "actors/scoring/scoring_context.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

constexpr auto run_columns
  = "number, run_id, mode, rules, case_name, source, base_run, started_at,"
    " finished_at, items, rescored, left_out, reason, configuration_digest,"
    " COALESCE((SELECT base.items FROM scoring_runs AS base"
    " WHERE base.run_id = scoring_runs.base_run"
    " AND scoring_runs.mode = 'real_time'), items)";
constexpr std::size_t run_column_count = 15;

/// Ids that are looked at for one that is spelt alike.
constexpr std::int64_t similar_ids_max = 200'000;
constexpr std::size_t similar_bytes_max = 256;

std::uint64_t count_at(const sqlite_row& row, std::size_t column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

runtime::clock::wall_time instant_at(const sqlite_row& row,
                                     std::size_t column) {
  return runtime::clock::wall_time{
    std::chrono::microseconds{row.integer(column)}};
}

stored_run run_of(const sqlite_row& row) {
  auto run = stored_run{};
  run.number = row.integer(0);
  run.id = row.text(1);
  run.mode = row.text(2);
  run.rules = row.text(3);
  run.case_name = row.text(4);
  run.source = row.text(5);
  run.base_run = row.text(6);
  run.started_at = instant_at(row, 7);
  run.finished_at = instant_at(row, 8);
  run.items = count_at(row, 9);
  run.rescored = count_at(row, 10);
  run.left_out = count_at(row, 11);
  run.reason = row.text(12);
  run.configuration_digest = count_at(row, 13);
  run.ranked_among = count_at(row, 14);
  return run;
}

item_ranks ranks_of(const sqlite_row& row, std::size_t first) {
  return {count_at(row, first), count_at(row, first + 1),
          count_at(row, first + 2)};
}

std::string_view characters_of(std::span<const std::uint8_t> blob) {
  return {reinterpret_cast<const char*>(blob.data()), blob.size()};
}

/// A number as a person writes it; a beginning of an id may have digits only,
/// but then begins with 0.
std::optional<std::int64_t> number_of(std::string_view name) {
  auto number = std::int64_t{0};
  const auto [end, error]
    = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number <= 0
      || name.front() == '0')
    return std::nullopt;
  return number;
}

std::vector<category_score> categories_of(const scoring_plan& plan,
                                          const stored_scores& scores) {
  auto result = std::vector<category_score>{};
  for (std::size_t i = 0; i < plan.categories.size(); ++i) {
    const auto& category = plan.categories[i];
    const auto is_share
      = plan.rules == rule_set::standard && category.weight > 0.0;
    const auto amount = scores.categories[i];
    result.push_back({category.id, category.weight, amount,
                      is_share ? amount / category.weight : amount});
  }
  return result;
}

} // namespace

problem damaged_run(const stored_run& run, const std::string& what) {
  auto reason = problem{};
  reason.message
    = what + " of run " + std::to_string(run.number) + " cannot be read";
  reason.hint = "see what else is damaged: troupe doctor";
  return reason;
}

scoring_history::scoring_history(runtime::snapshot_reader reader, bool has_runs)
  : reader_{std::move(reader)}, has_runs_{has_runs} {}

outcome<scoring_history> scoring_history::open(const std::string& store) {
  auto reader = runtime::snapshot_reader::open(store);
  if (!reader)
    return fail(reader.error());
  if (const auto begun = reader->begin_snapshot(); !begun)
    return fail(begun.error());
  const auto has_runs = reader->has_table("scoring_runs");
  if (!has_runs)
    return fail(has_runs.error());
  return scoring_history{std::move(*reader), *has_runs};
}

outcome<std::vector<stored_run>>
scoring_history::select_runs(std::string_view where,
                             std::span<const sql_value> parameters) {
  auto runs = std::vector<stored_run>{};
  if (!has_runs_)
    return runs;
  auto sql = std::string{"SELECT "};
  sql += run_columns;
  sql += " FROM scoring_runs ";
  sql += where;
  const auto read = reader_.query(sql, parameters, [&](const sqlite_row& row) {
    runs.push_back(run_of(row));
  });
  if (!read)
    return fail(read.error());
  return runs;
}

outcome<std::vector<stored_run>> scoring_history::list_runs(std::size_t limit) {
  const auto parameters = std::vector<sql_value>{static_cast<std::int64_t>(
    std::min<std::size_t>(limit, std::size_t{1} << 40))};
  return select_runs("ORDER BY number DESC LIMIT ?1", parameters);
}

problem scoring_history::no_run(std::string_view name) {
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  const auto newest = list_runs(1);
  const auto oldest = select_runs("ORDER BY number LIMIT 1", {});
  if (!newest || !oldest || newest->empty() || oldest->empty()) {
    reason.message = "nothing has been scored into this store";
    reason.hint = "score something: troupe score --items FILE";
    return reason;
  }
  reason.message = "there is no run \"" + std::string{name} + "\"";
  reason.hint = "the runs are " + std::to_string(oldest->front().number)
                + " to " + std::to_string(newest->front().number)
                + "; list them: troupe score runs";
  return reason;
}

outcome<stored_run> scoring_history::find_run(std::string_view name) {
  const auto first_of
    = [](outcome<std::vector<stored_run>> runs) -> outcome<stored_run> {
    if (!runs)
      return fail(runs.error());
    return runs->front();
  };
  if (name == "last") {
    auto runs = select_runs("WHERE mode <> 'real_time'"
                            " ORDER BY number DESC LIMIT 1",
                            {});
    if (runs && runs->empty())
      return fail(no_run(name));
    return first_of(std::move(runs));
  }
  if (const auto number = number_of(name)) {
    const auto parameters = std::vector<sql_value>{*number};
    auto runs = select_runs("WHERE number = ?1", parameters);
    if (!runs || !runs->empty())
      return first_of(std::move(runs));
  }
  if (name.empty())
    return fail(no_run(name));
  const auto parameters = std::vector<sql_value>{std::string{name}};
  auto runs = select_runs("WHERE substr(run_id, 1, length(?1)) = lower(?1)"
                          " ORDER BY number DESC LIMIT 2",
                          parameters);
  if (runs && runs->empty())
    return fail(no_run(name));
  if (runs && runs->size() > 1)
    return fail(problem_kind::invalid_input,
                "several runs begin with \"" + std::string{name} + "\"",
                "write more of the id, or the run's number: troupe score runs");
  return first_of(std::move(runs));
}

outcome<stored_run> scoring_history::find_whole_run(std::string_view name) {
  auto found = find_run(name);
  if (found && found->mode == "real_time")
    return fail(problem_kind::invalid_input,
                "run " + std::to_string(found->number)
                  + " scored single items in real time, not a portfolio",
                "name a whole run: troupe score runs");
  return found;
}

outcome<bool> scoring_history::is_version(std::int64_t version) {
  auto found = false;
  const auto parameters = std::vector<sql_value>{version};
  const auto read = reader_.query(
    "SELECT 1 FROM troupe_schema WHERE subsystem = 'scoring' AND version = ?1",
    parameters, [&](const sqlite_row&) { found = true; });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<bool> scoring_history::has_details() {
  return is_version(2);
}

outcome<bool> scoring_history::has_keys() {
  return is_version(3);
}

problem scoring_history::no_item(const stored_run& run,
                                 const std::string& item) {
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  reason.message
    = "run " + std::to_string(run.number) + " has no item \"" + item + "\"";
  if (item.size() > similar_bytes_max)
    return reason;
  auto known = std::vector<std::string>{};
  const auto parameters = std::vector<sql_value>{
    run.number, item,
    static_cast<std::int64_t>(std::max<std::size_t>(2, item.size() / 3)),
    similar_ids_max};
  const auto read
    = reader_.query("SELECT item_id FROM scoring_items WHERE run = ?1"
                    " AND abs(length(item_id) - length(?2)) <= ?3 LIMIT ?4",
                    parameters, [&](const sqlite_row& row) {
                      known.emplace_back(row.text(0));
                    });
  if (!read)
    return reason;
  const auto views = std::vector<std::string_view>(known.begin(), known.end());
  if (const auto nearest = runtime::nearest_word(item, views))
    reason.hint = "did you mean \"" + std::string{*nearest} + "\"?";
  return reason;
}

outcome<std::vector<item_point>>
scoring_history::item_history(const std::string& item) {
  auto points = std::vector<item_point>{};
  if (!has_runs_)
    return fail(no_run("last"));
  auto sql = std::string{"SELECT "};
  sql += run_columns;
  sql += ", overall_rank, financial_rank, strategic_rank, total, completeness"
         " FROM scoring_runs CROSS JOIN scoring_items"
         " WHERE run = number AND item_id = ?1 ORDER BY number DESC";
  const auto parameters = std::vector<sql_value>{item};
  const auto read = reader_.query(sql, parameters, [&](const sqlite_row& row) {
    points.push_back({run_of(row), ranks_of(row, run_column_count),
                      row.real(run_column_count + 3),
                      row.real(run_column_count + 4)});
  });
  if (!read)
    return fail(read.error());
  if (!points.empty())
    return points;
  const auto last = find_run("last");
  if (!last)
    return fail(last.error());
  auto reason = no_item(*last, item);
  reason.message = "no run has an item \"" + item + "\"";
  return fail(std::move(reason));
}

outcome<run_formula> scoring_history::load_formula(const stored_run& run) {
  auto configuration = std::string{};
  auto scales = messages::ScoringScales{};
  auto is_read = false;
  const auto parameters = std::vector<sql_value>{run.number};
  const auto read = reader_.query(
    "SELECT configuration, scales FROM scoring_runs WHERE number = ?1",
    parameters, [&](const sqlite_row& row) {
      configuration = row.text(0);
      const auto blob = row.blob(1);
      is_read
        = scales.ParseFromArray(blob.data(), static_cast<int>(blob.size()));
    });
  if (!read)
    return fail(read.error());
  if (!is_read)
    return fail(damaged_run(run, "the scales"));
  const auto parsed = parse_configuration(configuration, "");
  if (!parsed)
    return fail(damaged_run(run, "the configuration"));
  auto plan = compile(*parsed);
  if (!plan)
    return fail(damaged_run(run, "the configuration"));
  return run_formula{std::move(configuration), std::move(*plan),
                     from_message(scales)};
}

outcome<stored_item> scoring_history::load_item(const stored_run& run,
                                                const run_formula& formula,
                                                const std::string& item) {
  auto found = stored_item{};
  auto scores = std::optional<stored_scores>{};
  const auto parameters = std::vector<sql_value>{run.number, item};
  const auto read = reader_.query(
    "SELECT item_id, title, row, overall_rank, financial_rank,"
    " strategic_rank, scores FROM scoring_items"
    " WHERE run = ?1 AND item_id = ?2",
    parameters, [&](const sqlite_row& row) {
      found.id = row.text(0);
      found.title = row.text(1);
      found.row = count_at(row, 2);
      found.ranks = ranks_of(row, 3);
      scores = decode_scores(formula.plan, characters_of(row.blob(6)));
    });
  if (!read)
    return fail(read.error());
  if (found.ranks.overall == 0 && !scores)
    return fail(no_item(run, item));
  if (!scores)
    return fail(damaged_run(run, "item \"" + item + "\""));
  found.scores = std::move(*scores);
  return found;
}

outcome<item_explanation> scoring_history::explain(const std::string& item,
                                                   std::string_view run,
                                                   std::size_t reasons) {
  auto found = find_run(run);
  if (!found)
    return fail(found.error());
  const auto formula = load_formula(*found);
  if (!formula)
    return fail(formula.error());
  auto stored = load_item(*found, *formula, item);
  if (!stored)
    return fail(stored.error());
  auto result = item_explanation{};
  result.run = std::move(*found);
  result.contributions
    = contributions(formula->plan, formula->scales, stored->scores.item);
  result.categories = categories_of(formula->plan, stored->scores);
  result.reasons = top_reasons(result.contributions, reasons);
  result.item = std::move(*stored);
  return result;
}

} // namespace troupe::scoring
