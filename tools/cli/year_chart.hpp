#pragma once

#include "actors/simulation/year_totals.hpp"

#include <span>
#include <string>

namespace troupe::tools {

/// A row per year with headcounts, payroll and participation, and a bar for
/// each; ends in LF. Money is in whole units. Pure.
[[nodiscard]] std::string
render_years(std::span<const simulation::year_totals> years);

} // namespace troupe::tools
