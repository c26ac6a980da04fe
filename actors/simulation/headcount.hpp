#pragma once

#include "actors/simulation/scenario.hpp"
#include "runtime/problem.hpp"

#include <cstdint>

namespace troupe::simulation {

/// More people than this are refused, at the start and as hires of a year.
inline constexpr auto people_max = std::int64_t{1'000'000'000};

/// How many a year has, leaves and takes: end = start - terminations + hires -
/// new_hire_terminations.
struct headcount {
  std::int64_t start = 0;
  /// Among the people of the start.
  std::int64_t terminations = 0;
  std::int64_t hires = 0;
  /// Among the hires.
  std::int64_t new_hire_terminations = 0;
  std::int64_t end = 0;

  friend bool operator==(const headcount&, const headcount&) = default;
};

/// The counts of a year that starts with `start` people, in whole numbers
/// throughout. `ceil` rounds leavers and hires up, so that the end drifts above
/// the target; `exact_target` ends at start * (1 + growth), halves up, and lets
/// the leavers among the hires take up what rounding leaves. Both let more
/// people go instead of hiring when the target is below those who stay.
/// `invalid_input`: nobody at the start, a rate out of range, or a reduction
/// that asks for more leavers than there are people.
[[nodiscard]] runtime::outcome<headcount>
plan_headcount(const workforce_rules& rules, ppm growth, std::int64_t start);

} // namespace troupe::simulation
