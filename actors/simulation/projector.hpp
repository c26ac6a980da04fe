#pragma once

#include "actors/simulation/scenario.hpp"
#include "actors/simulation/year_totals.hpp"
#include "runtime/problem.hpp"

#include <functional>
#include <span>
#include <vector>

namespace troupe::simulation {

/// All years of one projection.
using projected_years = std::vector<year_totals>;

/// Projects the same people by each scenario; results in that order.
using projector = std::function<runtime::outcome<std::vector<projected_years>>(
  std::span<const scenario> scenarios)>;

} // namespace troupe::simulation
