#pragma once

#include "actors/simulation/chart_scale.hpp"
#include "actors/simulation/svg_chart.hpp"
#include "actors/simulation/year_measures.hpp"

#include <cstdint>
#include <string>

namespace troupe::simulation {

/// Writes the ticks of an axis, exactly, with as few characters as tell them
/// apart: "12.5M" of money, "1,250" people, "85 %".
[[nodiscard]] number_text axis_numbers(measure_unit unit,
                                       const chart_scale& scale);

/// A value beside its bar: money "9,950", "12.46M", "134.2M", halves up; people
/// in full; shares "83.2 %".
[[nodiscard]] std::string render_compact(measure_unit unit, std::int64_t value);

/// The change from one value to another in tenths of a percent: "+12.3 %";
/// "-" from nothing.
[[nodiscard]] std::string render_change(std::int64_t from, std::int64_t to);

} // namespace troupe::simulation
