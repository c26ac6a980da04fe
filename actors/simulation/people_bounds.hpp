#pragma once

#include "actors/simulation/people.hpp"

namespace troupe::simulation {

/// Whether the values of people are such as a year can be simulated with,
/// whoever they are: levels that exist, pay from 0 to pay_max, dates of the
/// years 0 to 9999. Kernels look things up by them.
[[nodiscard]] bool are_in_bounds(const people_view& staff) noexcept;

} // namespace troupe::simulation
