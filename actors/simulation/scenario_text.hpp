#pragma once

#include "actors/simulation/scenario.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// The scenario as one line of JSON, every rate in parts per million, keys in a
/// fixed order: equal for equal scenarios, however they were written.
[[nodiscard]] std::string canonical_text(const scenario& of);

/// Of the canonical text.
[[nodiscard]] std::uint64_t digest(const scenario& of);

/// Reads what canonical_text has written. A problem (failed): it was not.
[[nodiscard]] runtime::outcome<scenario>
parse_canonical_text(std::string_view text);

} // namespace troupe::simulation
