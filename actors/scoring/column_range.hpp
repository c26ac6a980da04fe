#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace troupe::scoring {

/// The extremes of a column, and how many values took part. A zero extreme is
/// +0, whatever the signs of the zeros in the column.
struct column_range {
  std::uint64_t count = 0;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
};

/// Without what is not finite. As fast as memory is read, with SIMD.
[[nodiscard]] column_range range_of_finite(std::span<const double> values);

/// Without NaN.
[[nodiscard]] column_range range_of_numbers(std::span<const double> values);

} // namespace troupe::scoring
