#include "actors/scoring/column_range.hpp"

#include <cmath>

namespace troupe::scoring {

namespace {

template <class Predicate>
column_range range_of(std::span<const double> values, Predicate takes_part) {
  auto range = column_range{};
  for (const auto value : values) {
    if (!takes_part(value))
      continue;
    ++range.count;
    range.minimum = value < range.minimum ? value : range.minimum;
    range.maximum = range.maximum < value ? value : range.maximum;
  }
  // Adding 0 turns -0 into 0.
  range.minimum += 0.0;
  range.maximum += 0.0;
  return range;
}

} // namespace

column_range range_of_finite(std::span<const double> values) {
  return range_of(values, [](double value) { return std::isfinite(value); });
}

column_range range_of_numbers(std::span<const double> values) {
  return range_of(values, [](double value) { return !std::isnan(value); });
}

} // namespace troupe::scoring
