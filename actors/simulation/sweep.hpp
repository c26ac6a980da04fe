#pragma once

#include "actors/simulation/scenario_source.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace troupe::simulation {

inline constexpr auto sweep_points_max = std::size_t{10'000};

/// A parameter (see scenario_parameter.hpp) and the values it takes in turn, as
/// YAML.
struct sweep_axis {
  std::string parameter;
  std::vector<std::string> values;

  friend bool operator==(const sweep_axis&, const sweep_axis&) = default;
};

/// One of the scenarios of a sweep.
struct sweep_point {
  /// By axis.
  std::vector<std::string> values;
  /// "growth_rate=0.03, merit=0.035"
  std::string label;
  std::vector<scenario_override> overrides;
};

struct sweep {
  std::vector<sweep_axis> axes;
  /// Every combination of values; the last axis varies fastest.
  std::vector<sweep_point> points;
};

/// Reads KEY=FROM:TO:STEP, decimals with at most six places, both ends
/// included, downwards with a negative step; or KEY=A,B,C, any values, where
/// commas in brackets or quotes belong to a value. `invalid_input` for anything
/// else, a step that does not lead from one end to the other, the same value
/// twice, and more than sweep_points_max values.
[[nodiscard]] runtime::outcome<sweep_axis>
parse_sweep_axis(const std::string& text);

/// All points of such axes. Problems: those of parse_sweep_axis;
/// `invalid_input` for no axis, one parameter twice, and more than
/// sweep_points_max points.
[[nodiscard]] runtime::outcome<sweep>
parse_sweep(std::span<const std::string> texts);

} // namespace troupe::simulation
