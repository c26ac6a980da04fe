#include "actors/scoring/scales.hpp"

#include "actors/scoring/column_range.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

namespace troupe::scoring {

namespace {

constexpr auto robust_low = 0.05;
constexpr auto robust_high = 0.95;

bool needs_moments(const scoring_plan& plan, const planned_criterion& one) {
  return one.definition.method == normalisation::zscore
         || (plan.rules == rule_set::standard
             && one.definition.missing == missing_policy::mean);
}

/// The place of quantile q among n order statistics: `below` and the next one,
/// mixed at `fraction`.
struct quantile_place {
  std::size_t below = 0;
  double fraction = 0.0;
};

quantile_place place_of(double q, std::size_t count) {
  const auto place = std::clamp(q, 0.0, 1.0) * static_cast<double>(count - 1);
  const auto below = std::min(static_cast<std::size_t>(place), count - 1);
  return {below, place - static_cast<double>(below)};
}

/// As NumPy does: from the nearer end, so that both ends are met exactly.
double interpolate(double below, double above, double fraction) {
  const auto distance = above - below;
  if (distance == 0.0)
    return below;
  return fraction < 0.5 ? below + distance * fraction
                        : above - distance * (1.0 - fraction);
}

double quantile_of_sorted(std::span<const double> sorted, double q) {
  if (sorted.empty())
    return 0.0;
  const auto place = place_of(q, sorted.size());
  const auto above = std::min(place.below + 1, sorted.size() - 1);
  return interpolate(sorted[place.below], sorted[above], place.fraction);
}

/// sqrt(n sum(x^2) - sum(x)^2) / n, rounded only after the subtraction.
double population_deviation(const column_statistics& column) {
  const auto count = static_cast<double>(column.count);
  const auto sum = column.sum.expansion();
  auto scaled_variance = exact_sum{};
  for (const auto part : column.sum_of_squares.expansion())
    scaled_variance.add_product(part, count);
  for (const auto left : sum)
    for (const auto right : sum)
      scaled_variance.add_product(left, -right);
  return std::sqrt(std::max(scaled_variance.value(), 0.0)) / count;
}

void set_moments(criterion_scale& scale, const column_statistics& column) {
  if (column.minimum == column.maximum) {
    scale.mean = column.minimum;
    return;
  }
  scale.mean = column.sum.value() / static_cast<double>(column.count);
  scale.deviation = population_deviation(column);
}

criterion_scale make_scale(const scoring_plan& plan,
                           const planned_criterion& one,
                           const column_statistics& column,
                           std::span<const double> sorted) {
  auto scale = criterion_scale{};
  const auto is_compat = plan.rules == rule_set::compat;
  scale.count = column.count + (is_compat ? column.missing : 0);
  // In the source system one NaN makes all comparisons of the column false,
  // which leaves it as if it were constant.
  if (column.count == 0 || (is_compat && column.missing > 0))
    return scale;
  scale.minimum = column.minimum;
  scale.maximum = column.maximum;
  if (needs_moments(plan, one))
    set_moments(scale, column);
  if (one.definition.method == normalisation::robust) {
    scale.low = quantile_of_sorted(sorted, robust_low);
    scale.high = quantile_of_sorted(sorted, robust_high);
  }
  if (one.definition.method == normalisation::percentile)
    scale.sorted.assign(sorted.begin(), sorted.end());
  return scale;
}

column_statistics measure_column(std::span<const double> values,
                                 bool with_moments, rule_set rules) {
  const auto range = rules == rule_set::compat ? range_of_numbers(values)
                                               : range_of_finite(values);
  auto column = column_statistics{};
  column.count = range.count;
  column.missing = values.size() - range.count;
  column.minimum = range.minimum;
  column.maximum = range.maximum;
  if (!with_moments)
    return column;
  for (const auto value : values) {
    if (rules == rule_set::compat ? std::isnan(value) : !std::isfinite(value))
      continue;
    column.sum.add(value);
    column.sum_of_squares.add_square(value);
  }
  return column;
}

} // namespace

batch_statistics measure(const scoring_plan& plan, const item_view& items) {
  assert(items.values.size() == plan.criteria.size());
  auto result = batch_statistics{};
  result.rows = items.rows;
  result.columns.reserve(plan.criteria.size());
  for (auto j = std::size_t{0}; j < plan.criteria.size(); ++j)
    result.columns.push_back(measure_column(
      items.values[j], needs_moments(plan, plan.criteria[j]), plan.rules));
  return result;
}

void merge(batch_statistics& into, const batch_statistics& from) {
  into.rows += from.rows;
  if (into.columns.size() < from.columns.size())
    into.columns.resize(from.columns.size());
  for (auto j = std::size_t{0}; j < from.columns.size(); ++j) {
    auto& column = into.columns[j];
    const auto& other = from.columns[j];
    column.count += other.count;
    column.missing += other.missing;
    column.minimum = std::min(column.minimum, other.minimum);
    column.maximum = std::max(column.maximum, other.maximum);
    column.sum.merge(other.sum);
    column.sum_of_squares.merge(other.sum_of_squares);
  }
}

std::optional<runtime::problem> forbidden_gap(const scoring_plan& plan,
                                              const batch_statistics& merged) {
  if (plan.rules == rule_set::compat)
    return std::nullopt;
  for (auto j = std::size_t{0}; j < merged.columns.size(); ++j) {
    const auto& definition = plan.criteria[j].definition;
    const auto missing = merged.columns[j].missing;
    if (missing == 0 || definition.missing != missing_policy::error)
      continue;
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.message = std::to_string(missing) + " of "
                     + std::to_string(merged.rows) + " items have no value for "
                     + definition.id;
    reason.key = "criteria." + definition.id + ".missing";
    reason.hint = "supply " + definition.source
                  + ", or choose another policy for missing values";
    return reason;
  }
  return std::nullopt;
}

bool needs_sorted(const planned_criterion& criterion) noexcept {
  return criterion.definition.method == normalisation::percentile
         || criterion.definition.method == normalisation::robust;
}

scoring_scales make_scales(const scoring_plan& plan,
                           const batch_statistics& merged,
                           std::span<const std::vector<double>> sorted) {
  auto result = scoring_scales{};
  result.rows = merged.rows;
  result.criteria.reserve(plan.criteria.size());
  static const auto nothing = column_statistics{};
  for (auto j = std::size_t{0}; j < plan.criteria.size(); ++j) {
    const auto& column
      = j < merged.columns.size() ? merged.columns[j] : nothing;
    const auto values = j < sorted.size() ? std::span<const double>{sorted[j]}
                                          : std::span<const double>{};
    result.criteria.push_back(
      make_scale(plan, plan.criteria[j], column, values));
  }
  return result;
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty())
    return 0.0;
  const auto place = place_of(q, values.size());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(place.below);
  std::nth_element(values.begin(), middle, values.end());
  if (middle + 1 == values.end())
    return *middle;
  return interpolate(*middle, *std::min_element(middle + 1, values.end()),
                     place.fraction);
}

} // namespace troupe::scoring
