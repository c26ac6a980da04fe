#include "actors/scoring/scoring_rule.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace troupe::scoring {

namespace {

void set_ratio(scoring_rule& rule, double low, double high) {
  if (!(high > low))
    return; // Stays constant.
  rule.normal = scoring_rule::form::ratio;
  rule.prescale = std::isfinite(high - low) ? 1.0 : 0.5;
  rule.offset = low * rule.prescale;
  rule.extent = high * rule.prescale - rule.offset;
  rule.low = low;
  rule.high = high;
}

void set_logistic(scoring_rule& rule, const criterion_scale& scale) {
  if (!(scale.deviation > 0.0))
    return; // Stays constant.
  rule.normal = scoring_rule::form::logistic;
  rule.offset = scale.mean;
  rule.extent = scale.deviation;
}

void set_standard(scoring_rule& rule, const criterion& definition,
                  const criterion_scale& scale) {
  switch (definition.method) {
    case normalisation::minmax:
      set_ratio(rule, scale.minimum, scale.maximum);
      break;
    case normalisation::robust:
      set_ratio(rule, scale.low, scale.high);
      break;
    case normalisation::zscore:
      set_logistic(rule, scale);
      break;
    case normalisation::percentile:
      rule.sorted = scale.sorted;
      if (!rule.sorted.empty())
        rule.normal = scoring_rule::form::mid_rank;
      break;
    case normalisation::none:
      rule.normal = scoring_rule::form::raw;
      break;
  }
  if (definition.function.kind != scoring_function::shape::linear)
    rule.function = &definition.function;
  if (definition.better == direction::lower_is_better)
    rule.inversion = scoring_rule::turn::complement;
  rule.is_zero_when_missing = definition.missing == missing_policy::zero;
  if (definition.missing == missing_policy::mean && scale.count > 0)
    rule.stand_in = scale.mean;
}

void set_compat(scoring_rule& rule, const criterion& definition,
                const criterion_scale& scale, std::uint64_t rows) {
  rule.may_be_missing = false;
  const auto is_scaled = definition.method == normalisation::minmax
                         || definition.method == normalisation::zscore;
  if (rows < 2 || !is_scaled) {
    rule.normal = scoring_rule::form::raw;
  } else if (definition.method == normalisation::zscore) {
    set_logistic(rule, scale);
  } else if (scale.maximum > scale.minimum) {
    rule.normal = scoring_rule::form::ratio;
    rule.offset = scale.minimum;
    rule.extent = scale.maximum - scale.minimum;
  }
  if (definition.better == direction::lower_is_better)
    rule.inversion = scoring_rule::turn::reciprocal;
}

} // namespace

std::vector<scoring_rule> make_scoring_rules(const scoring_plan& plan,
                                             const scoring_scales& scales) {
  assert(scales.criteria.size() == plan.criteria.size());
  auto rules = std::vector<scoring_rule>{};
  rules.reserve(plan.criteria.size());
  for (auto j = std::size_t{0}; j < plan.criteria.size(); ++j) {
    const auto& one = plan.criteria[j];
    const auto& definition = one.definition;
    auto rule = scoring_rule{};
    if (plan.rules == rule_set::compat)
      set_compat(rule, definition, scales.criteria[j], scales.rows);
    else
      set_standard(rule, definition, scales.criteria[j]);
    rule.threshold_min
      = definition.threshold_min.value_or(-scoring_rule::infinity);
    rule.threshold_max
      = definition.threshold_max.value_or(scoring_rule::infinity);
    rule.category = one.category;
    rule.raw_weight = one.strategic_weight;
    rule.category_weight = plan.rules == rule_set::compat
                             ? one.global_weight
                             : one.strategic_weight;
    rules.push_back(rule);
  }
  return rules;
}

weight_sums sum_weights(const scoring_plan& plan,
                        std::span<const scoring_rule> rules) {
  auto sums = weight_sums{};
  sums.by_category.resize(plan.categories.size());
  for (const auto& rule : rules) {
    sums.by_category[rule.category] += rule.category_weight;
    sums.criteria += rule.category_weight;
  }
  // A category without weight is as good as absent.
  for (const auto weight : sums.by_category)
    sums.categories += weight > 0.0 ? weight : 0.0;
  return sums;
}

double apply_logistic(const scoring_rule& rule, double value) {
  return 1.0 / (1.0 + std::exp(-((value - rule.offset) / rule.extent)));
}

double apply_mid_rank(const scoring_rule& rule, double value) {
  const auto [first, last]
    = std::equal_range(rule.sorted.begin(), rule.sorted.end(), value);
  const auto below = static_cast<double>(first - rule.sorted.begin());
  const auto same = static_cast<double>(last - first);
  return (below + 0.5 * same) / static_cast<double>(rule.sorted.size());
}

double apply_function(const scoring_function& function, double value) {
  const auto v = std::clamp(value, 0.0, 1.0);
  const auto k = function.curvature;
  using shape = scoring_function::shape;
  if (function.kind == shape::step) {
    auto result = 0.0;
    for (const auto& [threshold, level] : function.breakpoints)
      if (threshold <= v)
        result = level;
    return result;
  }
  if (k == 0.0)
    return v; // The limit of the other shapes.
  switch (function.kind) {
    case shape::logarithmic:
      return std::log1p(k * v) / std::log1p(k);
    case shape::exponential:
      return std::expm1(k * v) / std::expm1(k);
    case shape::diminishing:
      return std::expm1(-k * v) / std::expm1(-k);
    default:
      return v;
  }
}

} // namespace troupe::scoring
