#include "actors/scoring/scored_portfolio.hpp"

#include "actors/scoring/combination.hpp"
#include "actors/scoring/strategic_weights.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace troupe::scoring {

namespace {

double to_unit(double value) noexcept {
  return value > 0.0 ? std::min(value, 1.0) : 0.0;
}

/// Strategic scores of all rows under some weights.
struct raw_scores {
  /// Before the clip (standard) or the factor (compat).
  std::vector<double> scores;
  /// Whether a value that has weight was given.
  std::vector<std::uint8_t> is_known;
};

raw_scores raw_scores_under(const scoring_plan& plan,
                            const scored_portfolio& portfolio,
                            std::span<const double> weights) {
  const auto rows = portfolio.rows();
  const auto n = portfolio.values.size();
  auto result = raw_scores{std::vector<double>(rows), portfolio.has_strategic};
  auto& scores = result.scores;
  if (plan.rules == rule_set::compat) {
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t row = 0; row < rows; ++row)
        scores[row] += portfolio.values[j][row] * weights[j];
    return result;
  }
  auto known = known_weights{plan, weights};
  auto values = std::vector<double>(n);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t j = 0; j < n; ++j)
      values[j] = portfolio.values[j][row];
    const auto own = known.of(values);
    auto weight = 0.0;
    for (std::size_t j = 0; j < n; ++j) {
      weight += own[j];
      if (!std::isnan(values[j]))
        scores[row] += values[j] * own[j];
    }
    if (!(weight > 0.0))
      result.is_known[row] = 0;
  }
  return result;
}

score_basis basis_of(bool has_financial, bool has_strategic) noexcept {
  if (has_financial)
    return has_strategic ? score_basis::financial_and_strategic
                         : score_basis::financial_only;
  return has_strategic ? score_basis::strategic_only : score_basis::nothing;
}

} // namespace

void append(scored_portfolio& portfolio, const item_view& items,
            const strategic_batch& strategic, const total_batch& totals) {
  const auto add
    = [](std::vector<double>& to, const std::vector<double>& from) {
        to.insert(to.end(), from.begin(), from.end());
      };
  const auto rows_before = portfolio.rows();
  if (portfolio.values.empty())
    portfolio.values.resize(strategic.values.size());
  for (std::size_t j = 0; j < strategic.values.size(); ++j)
    add(portfolio.values[j], strategic.values[j]);
  add(portfolio.financial, totals.financial);
  add(portfolio.financial_normalised, totals.financial_normalised);
  add(portfolio.penalty, totals.penalty);
  portfolio.penalty.resize(portfolio.rows());
  portfolio.has_financial.resize(portfolio.rows());
  constexpr auto score_b
    = static_cast<std::size_t>(financial_figure::combined_financial_score);
  for (std::size_t row = 0; row < items.rows; ++row)
    if (!items.financials.empty() && items.has_financials[row] != 0
        && !std::isnan(items.financials[score_b][row]))
      portfolio.has_financial[rows_before + row] = 1;
  for (std::size_t row = 0; row < items.rows; ++row)
    portfolio.has_strategic.push_back(
      strategic.completeness.empty() || strategic.completeness[row] > 0.0 ? 1
                                                                          : 0);
}

scored_portfolio select(const scored_portfolio& portfolio,
                        std::span<const std::uint32_t> rows) {
  const auto pick = [&](const auto& column) {
    auto picked = std::remove_cvref_t<decltype(column)>{};
    picked.reserve(rows.size());
    for (auto row : rows)
      picked.push_back(column[row]);
    return picked;
  };
  auto result = scored_portfolio{};
  for (const auto& column : portfolio.values)
    result.values.push_back(pick(column));
  result.financial = pick(portfolio.financial);
  result.financial_normalised = pick(portfolio.financial_normalised);
  result.penalty = pick(portfolio.penalty);
  result.has_financial = pick(portfolio.has_financial);
  result.has_strategic = pick(portfolio.has_strategic);
  return result;
}

std::vector<double> weights_of(const scoring_plan& plan) {
  auto weights = std::vector<double>{};
  for (const auto& planned : plan.criteria)
    weights.push_back(planned.strategic_weight);
  return weights;
}

std::vector<double> totals_under(const scoring_plan& plan,
                                 const scored_portfolio& portfolio,
                                 std::span<const double> weights) {
  const auto [scores, is_known] = raw_scores_under(plan, portfolio, weights);
  auto factor = 1.0;
  if (plan.rules == rule_set::compat)
    for (auto raw : scores)
      factor = std::max(factor, raw);
  auto totals = std::vector<double>(portfolio.rows());
  for (std::size_t row = 0; row < totals.size(); ++row) {
    const auto pair = score_pair{
      portfolio.financial[row], portfolio.financial_normalised[row],
      plan.rules == rule_set::compat ? scores[row] / factor
                                     : to_unit(scores[row]),
      basis_of(portfolio.has_financial[row] != 0, is_known[row] != 0)};
    totals[row] = to_unit(combine_scores(plan.combination, plan.rules, pair)
                          * (1.0 - portfolio.penalty[row]));
  }
  return totals;
}

} // namespace troupe::scoring
