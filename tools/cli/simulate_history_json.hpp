#pragma once

#include "tools/cli/simulate_history_report.hpp"

#include <nlohmann/json.hpp>

namespace troupe::tools {

// What simulate_history_report.hpp prints, as JSON. `jsonl` prints the elements
// of a list, each on a line of its own, and nothing else.

void print_simulations_as_json(
  const std::vector<simulation::stored_simulation>& runs, output_format output);

void print_simulation_as_json(const shown_simulation& shown,
                              output_format output);

/// {before, after, settings, years}
[[nodiscard]] nlohmann::ordered_json
difference_json(const simulation::simulation_difference& difference);

void print_difference_as_json(
  const simulation::simulation_difference& difference, output_format output);

void print_person_as_json(const simulation::person_timeline& timeline,
                          output_format output);

void print_export_as_json(const simulation::stored_simulation& run,
                          const simulation::exported_files& files,
                          const std::string& folder);

} // namespace troupe::tools
