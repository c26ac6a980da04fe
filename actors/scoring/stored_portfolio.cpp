#include "actors/scoring/stored_portfolio.hpp"

#include "actors/scoring/combination.hpp"
#include "actors/scoring/stored_scores.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

void append_item(const item_scores& item, scored_portfolio& to) {
  for (std::size_t j = 0; j < item.values.size(); ++j)
    to.values[j].push_back(item.values[j]);
  to.financial.push_back(item.financial);
  to.financial_normalised.push_back(item.financial_normalised);
  to.penalty.push_back(item.penalty);
  const auto has = [&](score_basis one) {
    return item.basis == score_basis::financial_and_strategic
               || item.basis == one
             ? std::uint8_t{1}
             : std::uint8_t{0};
  };
  to.has_financial.push_back(has(score_basis::financial_only));
  to.has_strategic.push_back(has(score_basis::strategic_only));
}

} // namespace

outcome<stored_portfolio> load_portfolio(scoring_history& history,
                                         std::string_view run) {
  auto found = history.find_whole_run(run);
  if (!found)
    return fail(found.error());
  auto formula = history.load_formula(*found);
  if (!formula)
    return fail(formula.error());
  auto result = stored_portfolio{};
  result.run = std::move(*found);
  result.formula = std::move(*formula);
  result.scores.values.resize(result.formula.plan.criteria.size());
  for (auto& column : result.scores.values)
    column.reserve(result.run.items);
  auto is_whole = true;
  const auto parameters = std::vector<sql_value>{result.run.number};
  const auto read = history.reader().query(
    "SELECT row, scores FROM scoring_items WHERE run = ?1 ORDER BY row",
    parameters, [&](const sqlite_row& row) {
      const auto blob = row.blob(1);
      const auto scores = decode_scores(
        result.formula.plan,
        {reinterpret_cast<const char*>(blob.data()), blob.size()});
      const auto is_next
        = static_cast<std::size_t>(row.integer(0)) == result.scores.rows();
      is_whole = is_whole && scores && is_next;
      if (is_whole)
        append_item(scores->item, result.scores);
    });
  if (!read)
    return fail(read.error());
  if (!is_whole || result.scores.rows() != result.run.items)
    return fail(damaged_run(result.run, "the items"));
  return result;
}

outcome<stored_name> load_name(scoring_history& history, const stored_run& run,
                               std::size_t row) {
  auto name = stored_name{};
  const auto parameters
    = std::vector<sql_value>{run.number, static_cast<std::int64_t>(row)};
  const auto read = history.reader().query(
    "SELECT item_id, title FROM scoring_items WHERE run = ?1 AND row = ?2",
    parameters, [&](const sqlite_row& found) {
      name = {std::string{found.text(0)}, std::string{found.text(1)}};
    });
  if (!read)
    return fail(read.error());
  return name;
}

} // namespace troupe::scoring
