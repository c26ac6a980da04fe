#pragma once

#include "actors/simulation/scenario.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <string_view>

namespace troupe::simulation {

/// Reads "0.035", "1.6", "-0.02" as parts per million, exactly: an optional
/// minus, digits, and at most six more after a point. `invalid_input` for
/// anything else and from a million on.
[[nodiscard]] runtime::outcome<ppm> parse_rate(std::string_view text);

/// The shortest text that parse_rate reads back: "0.035", "-1", "0".
[[nodiscard]] std::string render_rate(ppm rate);

} // namespace troupe::simulation
