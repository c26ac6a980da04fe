#include "actors/scoring/combination.hpp"

#include "actors/scoring/column_range.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::scoring {

namespace {

/// NaN counts as 0, so that a total is always in 0..1.
double to_unit(double value) noexcept {
  return value > 0.0 ? std::min(value, 1.0) : 0.0;
}

double figure_at(const item_view& items, financial_figure figure,
                 std::size_t row) noexcept {
  if (items.financials.empty() || items.has_financials[row] == 0)
    return missing_value;
  return items.financials[static_cast<std::size_t>(figure)][row];
}

double normalise(const combination_settings& settings, double reference,
                 double score) noexcept {
  if (settings.dynamic_normalisation && reference > 0.0)
    return std::min(1.0, score / reference);
  return score;
}

/// One score moved by a tenth at most, up or down, by the other.
double lean(double score, double other) noexcept {
  return score * (1.0 + 0.2 * (other - 0.5));
}

double compat_total(const combination_settings& settings,
                    const score_pair& scores) noexcept {
  switch (settings.mode) {
    case integration_mode::balanced:
      return settings.financial_weight * scores.financial_normalised
             + settings.strategic_weight * scores.strategic;
    case integration_mode::financial_only:
      return scores.financial;
    case integration_mode::criteria_only:
      return scores.strategic;
    case integration_mode::financial_priority:
      return lean(scores.financial_normalised, scores.strategic);
    case integration_mode::strategic_priority:
      return lean(scores.strategic, scores.financial);
  }
  return 0.0;
}

double standard_total(const combination_settings& settings,
                      const score_pair& scores) noexcept {
  if (settings.mode == integration_mode::financial_only)
    return scores.financial_normalised;
  if (settings.mode == integration_mode::criteria_only)
    return scores.strategic;
  // Both are 0 when unknown, so this is also right for `nothing`.
  if (scores.basis != score_basis::financial_and_strategic)
    return scores.basis == score_basis::financial_only
             ? scores.financial_normalised
             : scores.strategic;
  if (settings.mode == integration_mode::financial_priority)
    return lean(scores.financial_normalised, scores.strategic);
  if (settings.mode == integration_mode::strategic_priority)
    return lean(scores.strategic, scores.financial_normalised);
  return settings.financial_weight * scores.financial_normalised
         + settings.strategic_weight * scores.strategic;
}

} // namespace

score_basis basis_of(const item_view& items,
                     std::span<const double> completeness,
                     std::size_t row) noexcept {
  const auto financial = !std::isnan(
    figure_at(items, financial_figure::combined_financial_score, row));
  const auto any = completeness.empty() || completeness[row] > 0.0;
  if (financial)
    return any ? score_basis::financial_and_strategic
               : score_basis::financial_only;
  return any ? score_basis::strategic_only : score_basis::nothing;
}

double financial_reference(const combination_settings& combination,
                           std::vector<double> combined_scores) {
  std::erase_if(combined_scores, [](double v) { return std::isnan(v); });
  return quantile(combined_scores, combination.normalisation_percentile);
}

double combine_scores(const combination_settings& settings, rule_set rules,
                      const score_pair& scores) noexcept {
  return to_unit(rules == rule_set::compat ? compat_total(settings, scores)
                                           : standard_total(settings, scores));
}

double risk_penalty(const combination_settings& settings, rule_set rules,
                    double risk) noexcept {
  if (!settings.risk_adjustment)
    return 0.0;
  const auto most = settings.risk_penalty_max;
  if (rules == rule_set::compat) {
    const auto factor = std::isnan(risk) ? 1.0 : risk;
    return std::min(most, (2.0 - factor) * most);
  }
  return most * to_unit(risk);
}

bool is_total_strategic(const scoring_plan& plan, const item_view& items,
                        const strategic_batch& strategic) {
  if (plan.rules == rule_set::compat || !items.financials.empty()
      || plan.combination.mode == integration_mode::financial_only)
    return false;
  const auto range = range_of_finite(strategic.raw);
  return range.count == strategic.raw.size() && range.minimum >= 0.0
         && range.maximum <= 1.0
         && std::ranges::none_of(strategic.raw, [](double value) {
              return std::signbit(value);
            });
}

total_batch combine(const scoring_plan& plan, const scoring_scales& scales,
                    const item_view& items, const strategic_batch& strategic) {
  const auto& settings = plan.combination;
  const auto compat = plan.rules == rule_set::compat;
  const auto risk = compat ? financial_figure::risk_adjustment_factor
                           : financial_figure::risk_level;
  const auto rows = items.rows;
  total_batch result;
  result.strategic.resize(rows);
  result.financial.resize(rows);
  result.financial_normalised.resize(rows);
  result.penalty.resize(rows);
  result.total.resize(rows);
  auto any_penalty = false;
  for (std::size_t row = 0; row < rows; ++row) {
    score_pair scores;
    const auto combined
      = figure_at(items, financial_figure::combined_financial_score, row);
    scores.financial = std::isnan(combined) ? 0.0 : combined;
    scores.financial_normalised
      = normalise(settings, scales.financial_reference, scores.financial);
    scores.strategic = compat ? strategic.raw[row] / scales.strategic_factor
                              : to_unit(strategic.raw[row]);
    scores.basis = basis_of(items, strategic.completeness, row);
    const auto penalty
      = risk_penalty(settings, plan.rules, figure_at(items, risk, row));
    result.strategic[row] = scores.strategic;
    result.financial[row] = scores.financial;
    result.financial_normalised[row] = scores.financial_normalised;
    result.penalty[row] = penalty;
    any_penalty = any_penalty || penalty != 0.0;
    result.total[row]
      = to_unit(combine_scores(settings, plan.rules, scores) * (1.0 - penalty));
  }
  if (!any_penalty)
    result.penalty.clear();
  return result;
}

} // namespace troupe::scoring
