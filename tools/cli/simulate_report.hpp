#pragma once

#include "actors/simulation/year_totals.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>

namespace troupe::tools {

/// A row per year with headcounts, payroll and participation, and a bar for
/// each; ends in LF. Money is in whole units.
[[nodiscard]] std::string
render_simulation(std::span<const simulation::year_totals> years);

/// Prints what a projection starts from: the scenario and its census.
void print_foundation(const nlohmann::ordered_json& run, output_format output);

/// Prints it, or `run` with the years as one JSON object.
void print_simulation(const nlohmann::ordered_json& run,
                      std::span<const simulation::year_totals> years,
                      output_format output);

} // namespace troupe::tools
