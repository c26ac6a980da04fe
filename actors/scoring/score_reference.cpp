#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/scoring_rule.hpp"

#include <cmath>
#include <optional>

namespace troupe::scoring {

namespace {

double normalise(const scoring_rule& rule, double value) {
  switch (rule.normal) {
    case scoring_rule::form::constant:
      return 0.5;
    case scoring_rule::form::raw:
      return value;
    case scoring_rule::form::logistic:
      return apply_logistic(rule, value);
    case scoring_rule::form::mid_rank:
      return apply_mid_rank(rule, value);
    case scoring_rule::form::ratio:
      break;
  }
  const auto raised = value < rule.low ? rule.low : value;
  const auto clipped = rule.high < raised ? rule.high : raised;
  return (clipped * rule.prescale - rule.offset) / rule.extent;
}

double invert(const scoring_rule& rule, double value) {
  switch (rule.inversion) {
    case scoring_rule::turn::complement:
      return 1.0 - value;
    case scoring_rule::turn::reciprocal:
      return value == 0.0 ? value : 1.0 / value;
    case scoring_rule::turn::keep:
      break;
  }
  return value;
}

/// The value of one criterion; nothing when it is missing.
std::optional<double> value_of(const scoring_rule& rule, double given) {
  auto value = given;
  if (rule.may_be_missing && !std::isfinite(value)) {
    if (rule.is_zero_when_missing)
      return 0.0;
    if (std::isnan(rule.stand_in))
      return std::nullopt;
    value = rule.stand_in;
  }
  value = normalise(rule, value);
  if (rule.function != nullptr)
    value = apply_function(*rule.function, value);
  value = value < rule.threshold_min ? rule.threshold_min : value;
  value = rule.threshold_max < value ? rule.threshold_max : value;
  return invert(rule, value);
}

/// What the values of one item sum up to.
struct item_sums {
  explicit item_sums(std::size_t categories)
    : contributions(categories), present(categories) {}

  std::vector<double> contributions;
  /// Weight of the values that took part, by category.
  std::vector<double> present;
  double raw = 0.0;
  /// Weight of the values that were given.
  double given = 0.0;
};

/// Lets what is known of an item stand for the whole of it.
void renormalise(item_sums& sums, const weight_sums& weights) {
  auto known = 0.0;
  for (auto k = std::size_t{0}; k < sums.contributions.size(); ++k) {
    const auto present = sums.present[k];
    if (present > 0.0)
      known += weights.by_category[k];
    sums.contributions[k]
      *= present > 0.0 ? weights.by_category[k] / present : 0.0;
  }
  const auto factor = known > 0.0 ? weights.categories / known : 0.0;
  sums.raw = 0.0;
  for (auto& contribution : sums.contributions) {
    contribution *= factor;
    sums.raw += contribution;
  }
}

} // namespace

strategic_batch score_reference(const scoring_plan& plan,
                                const scoring_scales& scales,
                                const item_view& items, keep what) {
  const auto rules = make_scoring_rules(plan, scales);
  const auto weights = sum_weights(plan, rules);
  auto result = strategic_batch{};
  result.rows = items.rows;
  result.raw.resize(items.rows);
  result.categories.assign(plan.categories.size(),
                           std::vector<double>(items.rows));
  if (what == keep::values)
    result.values.assign(rules.size(), std::vector<double>(items.rows));
  auto completeness = std::vector<double>(items.rows, 1.0);
  auto is_complete = true;
  for (auto row = std::size_t{0}; row < items.rows; ++row) {
    auto sums = item_sums{plan.categories.size()};
    for (auto j = std::size_t{0}; j < rules.size(); ++j) {
      const auto& rule = rules[j];
      const auto given = items.values[j][row];
      const auto value = value_of(rule, given);
      if (what == keep::values)
        result.values[j][row] = value.value_or(missing_value);
      if (!rule.may_be_missing || std::isfinite(given))
        sums.given += rule.category_weight;
      else
        is_complete = false;
      if (!value)
        continue;
      sums.contributions[rule.category] += *value * rule.category_weight;
      sums.present[rule.category] += rule.category_weight;
      sums.raw += *value * rule.raw_weight;
    }
    if (plan.rules == rule_set::standard) {
      renormalise(sums, weights);
      completeness[row]
        = weights.criteria > 0.0 ? sums.given / weights.criteria : 1.0;
    }
    result.raw[row] = sums.raw;
    for (auto k = std::size_t{0}; k < plan.categories.size(); ++k)
      result.categories[k][row] = sums.contributions[k];
  }
  if (!is_complete)
    result.completeness = std::move(completeness);
  return result;
}

} // namespace troupe::scoring
