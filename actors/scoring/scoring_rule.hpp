#pragma once

#include "actors/scoring/scales.hpp"
#include "actors/scoring/scoring_plan.hpp"

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace troupe::scoring {

/// One criterion, its scale and the rule set, compiled into what has to be done
/// to a value. Both implementations of `score` work from this, step by step in
/// the order of the fields. Refers to the scale it was made from.
struct scoring_rule {
  static constexpr auto infinity = std::numeric_limits<double>::infinity();

  /// standard: a value that is not finite is missing; compat: none is.
  bool may_be_missing = true;
  /// What stands in for a missing value before normalisation; NaN: nothing.
  double stand_in = missing_value;
  /// Whether a missing value counts as the worst instead (policy `zero`).
  bool is_zero_when_missing = false;

  /// constant: 0.5. raw: as it is. ratio: clipped to low..high, times prescale,
  /// then (x - offset) / extent. logistic: of (x - offset) / extent.
  /// mid_rank: (values below + half of the equal ones) / all, in `sorted`.
  enum class form { constant, raw, ratio, logistic, mid_rank };
  form normal = form::constant;
  double low = -infinity;
  double high = infinity;
  /// 0.5 where high - low would overflow, else 1.
  double prescale = 1.0;
  double offset = 0.0;
  double extent = 1.0;
  std::span<const double> sorted;

  /// Null: linear.
  const scoring_function* function = nullptr;

  double threshold_min = -infinity;
  double threshold_max = infinity;

  /// complement: 1 - v. reciprocal: 1 / v unless v is 0.
  enum class turn { keep, complement, reciprocal };
  turn inversion = turn::keep;

  std::size_t category = 0;
  /// Weight in the category sum, and in `raw` under compat.
  double category_weight = 0.0;
  double raw_weight = 0.0;
};

[[nodiscard]] std::vector<scoring_rule>
make_scoring_rules(const scoring_plan& plan, const scoring_scales& scales);

/// Sums of the category weights, each in the one order in which an item adds up
/// what it has, so that a complete item has exactly all of it.
struct weight_sums {
  std::vector<double> by_category;
  /// Over the categories, in their order.
  double categories = 0.0;
  /// Over the criteria, in their order.
  double criteria = 0.0;
};

[[nodiscard]] weight_sums sum_weights(const scoring_plan& plan,
                                      std::span<const scoring_rule> rules);

// The steps that are the same scalar code in both implementations, since they
// may call the mathematical library.

/// 1 / (1 + e^-z) with z = (value - offset) / extent.
[[nodiscard]] double apply_logistic(const scoring_rule& rule, double value);

[[nodiscard]] double apply_mid_rank(const scoring_rule& rule, double value);

/// Shapes `value`, which is first clipped to 0..1. A step function is 0 below
/// its first breakpoint; curvature 0 is linear.
[[nodiscard]] double apply_function(const scoring_function& function,
                                    double value);

} // namespace troupe::scoring
