#pragma once

#include "actors/simulation/scenario.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// The scenario as one line of JSON, every rate in parts per million, keys in a
/// fixed order: equal for equal scenarios, however they were written. Options
/// that are as by default are left out, so that scenarios keep the text that
/// they had before there were these options.
[[nodiscard]] std::string canonical_text(const scenario& of);

/// The same with all options, to be compared with others.
[[nodiscard]] std::string complete_text(const scenario& of);

/// Of the canonical text.
[[nodiscard]] std::uint64_t digest(const scenario& of);

/// Reads what canonical_text has written. A problem (failed): it was not.
[[nodiscard]] runtime::outcome<scenario>
parse_canonical_text(std::string_view text);

} // namespace troupe::simulation
