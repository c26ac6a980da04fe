#include "actors/scoring/explanation.hpp"

#include "actors/scoring/strategic_weights.hpp"
#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe::scoring {

namespace {

/// Weights of the parts of Score B.
constexpr std::array<double, 4> part_weights{0.4, 0.3, 0.2, 0.1};

constexpr std::array<std::string_view, 4> part_labels{"net present value",
                                                      "return on investment",
                                                      "cost of poor quality",
                                                      "cost of delay"};

double clip_to_unit(double value) noexcept {
  return value > 0.0 ? std::min(value, 1.0) : 0.0;
}

/// How the total follows from the two scores: x = f financial + s strategic +
/// leaning.
struct mixture {
  double financial = 0.0; ///< The financial score that counts.
  double financial_share = 0.0;
  double strategic_share = 0.0;
  double leaning = 0.0;
  /// Whether that is Score B divided by the reference.
  bool is_normalised = true;
};

mixture mix_priority(const item_scores& item, bool is_financial_first,
                     bool is_normalised) {
  auto result = mixture{};
  const auto financial
    = is_normalised ? item.financial_normalised : item.financial;
  result.financial = financial;
  result.is_normalised = is_normalised;
  const auto first = is_financial_first ? financial : item.strategic;
  result.financial_share = is_financial_first ? 1.0 : 0.2 * first;
  result.strategic_share = is_financial_first ? 0.2 * first : 1.0;
  result.leaning = -0.1 * first;
  return result;
}

mixture mix(const combination_settings& settings, rule_set rules,
            const item_scores& item) {
  const auto is_compat = rules == rule_set::compat;
  const auto normalised = item.financial_normalised;
  using mode = integration_mode;
  if (settings.mode == mode::financial_only)
    return {is_compat ? item.financial : normalised, 1.0, 0.0, 0.0, !is_compat};
  if (settings.mode == mode::criteria_only)
    return {normalised, 0.0, 1.0, 0.0};
  if (!is_compat && item.basis != score_basis::financial_and_strategic) {
    const auto is_financial = item.basis == score_basis::financial_only;
    return {normalised, is_financial ? 1.0 : 0.0, is_financial ? 0.0 : 1.0,
            0.0};
  }
  if (settings.mode == mode::financial_priority)
    return mix_priority(item, true, true);
  if (settings.mode == mode::strategic_priority)
    return mix_priority(item, false, !is_compat);
  return {normalised, settings.financial_weight, settings.strategic_weight,
          0.0};
}

/// What each part of Score B weighs in the financial score that counts.
std::array<double, 4> part_weights_of(const scoring_plan& plan,
                                      const scoring_scales& scales,
                                      const item_scores& item,
                                      const mixture& mixed) {
  auto weights = part_weights;
  auto present = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (std::isnan(item.financial_parts[i]))
      weights[i] = 0.0;
    present += weights[i];
  }
  auto factor = item.financial_trust;
  // Standard rules: a mean over the parts that exist.
  if (plan.rules == rule_set::standard)
    factor = present > 0.0 ? factor / present : 0.0;
  const auto is_normalised = plan.combination.dynamic_normalisation
                             && scales.financial_reference > 0.0
                             && mixed.financial == item.financial_normalised;
  if (is_normalised)
    factor /= scales.financial_reference;
  for (auto& weight : weights)
    weight *= factor;
  return weights;
}

double finite_or_zero(double value) noexcept {
  return std::isfinite(value) ? value : 0.0;
}

std::string words_of(std::string_view id) {
  auto text = std::string{id};
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

/// "revenue impact" for "bv_revenue_impact" of "business_value".
std::string label_of(const planned_criterion& planned) {
  auto name = std::string_view{planned.definition.id};
  const auto& category = planned.definition.category;
  auto prefix = std::string{};
  for (std::size_t i = 0; i < category.size(); ++i)
    if (i == 0 || category[i - 1] == '_')
      prefix += category[i];
  prefix += '_';
  if (name.starts_with(prefix) && name.size() > prefix.size())
    name.remove_prefix(prefix.size());
  return words_of(category) + ": " + words_of(name);
}

std::string sentence(const contribution& line) {
  auto text = std::string{line.amount < 0.0 ? "" : "+"};
  runtime::append_fixed(text, line.amount, 2);
  text += ' ';
  text += line.label;
  const auto has_value = line.kind == contribution_kind::criterion
                         || line.kind == contribution_kind::financial;
  if (!has_value)
    return text;
  text += ' ';
  runtime::append_fixed(text, line.value, 2);
  if (line.value >= 0.0 && line.value <= 1.0)
    text += " of 1";
  return text;
}

} // namespace

item_scores item_scores_at(const item_view& items,
                           const strategic_batch& strategic,
                           const total_batch& totals, std::size_t row) {
  auto item = item_scores{};
  item.values.reserve(strategic.values.size());
  for (const auto& column : strategic.values)
    item.values.push_back(column[row]);
  if (!items.financials.empty() && items.has_financials[row] != 0) {
    const auto figure = [&](financial_figure which) {
      return items.financials[static_cast<std::size_t>(which)][row];
    };
    item.financial_parts = {figure(financial_figure::npv_score),
                            figure(financial_figure::roi_score),
                            figure(financial_figure::copq_score),
                            figure(financial_figure::delay_urgency_score)};
    item.financial_trust = figure(financial_figure::risk_adjustment_factor)
                           * figure(financial_figure::confidence_level);
  }
  item.financial = totals.financial[row];
  item.financial_normalised = totals.financial_normalised[row];
  item.strategic = totals.strategic[row];
  item.penalty = totals.penalty.empty() ? 0.0 : totals.penalty[row];
  item.total = totals.total[row];
  item.basis = basis_of(items, strategic.completeness, row);
  return item;
}

std::vector<contribution> contributions(const scoring_plan& plan,
                                        const scoring_scales& scales,
                                        const item_scores& item) {
  const auto n = plan.criteria.size();
  auto lines = std::vector<contribution>(n + other_amount_count);
  const auto mixed = mix(plan.combination, plan.rules, item);
  auto given = std::vector<double>(n);
  for (std::size_t j = 0; j < n; ++j)
    given[j] = plan.criteria[j].strategic_weight;
  auto known = known_weights{plan, given};
  const auto weights = plan.rules == rule_set::standard
                         ? known.of(item.values)
                         : std::span<const double>{given};
  const auto factor
    = plan.rules == rule_set::compat ? scales.strategic_factor : 1.0;
  for (std::size_t j = 0; j < n; ++j) {
    const auto weight = mixed.strategic_share * weights[j] / factor;
    lines[j]
      = {label_of(plan.criteria[j]), contribution_kind::criterion,
         item.values[j], weight, finite_or_zero(item.values[j] * weight)};
  }
  const auto parts = part_weights_of(plan, scales, item, mixed);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto value = item.financial_parts[i];
    const auto weight = mixed.financial_share * parts[i];
    lines[n + i] = {"financial: " + std::string{part_labels[i]},
                    contribution_kind::financial, value, weight,
                    finite_or_zero(value * weight)};
  }
  lines[n + 4] = {"leaning of the priority mode", contribution_kind::leaning,
                  0.0, 0.0, mixed.leaning};
  auto sum = 0.0;
  for (const auto& line : lines)
    sum += line.amount;
  const auto clipped
    = clip_to_unit(mixed.financial_share * mixed.financial
                   + mixed.strategic_share * item.strategic + mixed.leaning);
  lines[n + 5] = {"limit to the range 0 to 1", contribution_kind::limit, 0.0,
                  0.0, clipped - sum};
  lines[n + 6] = {"risk penalty", contribution_kind::risk, item.penalty,
                  -clipped, 0.0 - clipped * item.penalty};
  return lines;
}

std::vector<double> contribution_amounts(const scoring_plan& plan,
                                         const scoring_scales& scales,
                                         const item_scores& item) {
  auto amounts = std::vector<double>{};
  for (const auto& line : contributions(plan, scales, item))
    amounts.push_back(line.amount);
  return amounts;
}

std::vector<std::string> top_reasons(std::span<const contribution> lines,
                                     std::size_t count) {
  auto order = std::vector<std::size_t>(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::abs(lines[a].amount) > std::abs(lines[b].amount);
  });
  auto reasons = std::vector<std::string>{};
  for (auto i : order) {
    if (reasons.size() == count || std::abs(lines[i].amount) < 0.005)
      break;
    reasons.push_back(sentence(lines[i]));
  }
  return reasons;
}

} // namespace troupe::scoring
