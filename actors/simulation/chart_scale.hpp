#pragma once

#include <cstdint>
#include <vector>

namespace troupe::simulation {

/// An axis from `low` to `high` with a tick at every `step`, both ends
/// included.
struct chart_scale {
  std::int64_t low = 0;
  std::int64_t high = 1;
  std::int64_t step = 1;

  [[nodiscard]] std::vector<std::int64_t> ticks() const;

  friend bool operator==(const chart_scale&, const chart_scale&) = default;
};

/// The narrowest axis around all values from `lowest` to `highest` that has at
/// most `intervals` steps, each 1, 2 or 5 times a power of ten: P. Heckbert,
/// Nice numbers for graph labels, in Graphics Gems, 1990. Values are below
/// 10^17 in size; `intervals` is at least 2.
[[nodiscard]] chart_scale round_scale(std::int64_t lowest, std::int64_t highest,
                                      std::int64_t intervals);

} // namespace troupe::simulation
