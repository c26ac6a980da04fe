#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/scenario.hpp"
#include "runtime/problem.hpp"

#include <span>

namespace troupe::simulation {

/// Whether these blocks can start a projection, which relies on it. Problems
/// (invalid_input), with the key: keys that do not ascend or that hires will
/// have, a level that does not exist, pay that is not above 0 or above pay_max,
/// a hire date in the first year or later.
[[nodiscard]] runtime::outcome<void>
check_people(const scenario& parameters, std::span<const people> blocks);

} // namespace troupe::simulation
