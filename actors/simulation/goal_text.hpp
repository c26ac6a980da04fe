#pragma once

#include "actors/simulation/goal_seek.hpp"
#include "actors/simulation/measure_text.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::simulation {

struct goal_target {
  measure_in_year of;
  /// In the unit of the measure.
  std::int64_t value = 0;
};

/// Reads MEASURE=VALUE or MEASURE[YEAR]=VALUE, for example
/// "end_payroll[2029]=1250000". Names and values as in measure_text.hpp.
/// `invalid_input` for anything else.
[[nodiscard]] runtime::outcome<goal_target>
parse_goal_target(std::string_view text);

/// A parameter (see scenario_parameter.hpp) and what may be tried for it.
struct goal_range {
  std::string parameter;
  ppm lowest = 0;
  ppm highest = 0;
  ppm step = 1;
};

/// Reads KEY=FROM:TO or KEY=FROM:TO:STEP, decimals with at most six places, for
/// example "growth_rate=0:0.1:0.001"; without a step, of one in a million.
/// `invalid_input` for anything else. Whether the range can be searched,
/// goal_seek tells.
[[nodiscard]] runtime::outcome<goal_range>
parse_goal_range(std::string_view text);

} // namespace troupe::simulation
