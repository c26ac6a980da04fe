#pragma once

#include "actors/simulation/year_totals.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>

namespace troupe::tools {

/// Prints what a projection starts from: the scenario and its census.
void print_foundation(const nlohmann::ordered_json& run, output_format output);

/// Prints the years as text, or `run` with them as one JSON object.
void print_simulation(const nlohmann::ordered_json& run,
                      std::span<const simulation::year_totals> years,
                      output_format output);

} // namespace troupe::tools
