#pragma once

#include "actors/simulation/person_timeline.hpp"
#include "actors/simulation/simulation_difference.hpp"
#include "actors/simulation/simulation_export.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "tools/cli/invocation.hpp"

#include <string>
#include <vector>

namespace troupe::tools {

/// All that is shown of a run.
struct shown_simulation {
  simulation::stored_simulation run;
  std::string scenario; ///< Canonical JSON.
  std::vector<simulation::setting_change> settings; ///< Each as `before`.
  std::vector<simulation::stored_year> years;
  std::vector<simulation::stored_simulation> parts;
};

// What the store says about simulations, on standard output: as text, as one
// JSON object, or (lists) as a JSON object per line.

void print_simulations(const std::vector<simulation::stored_simulation>& runs,
                       output_format output);

/// jsonl: the years.
void print_simulation(const shown_simulation& shown, output_format output);

/// Text leaves out measures that are equal; jsonl: the measures of all years.
void print_difference(const simulation::simulation_difference& difference,
                      output_format output);

/// jsonl: the events of all years.
void print_person(const simulation::person_timeline& timeline,
                  output_format output);

void print_export(const simulation::stored_simulation& run,
                  const simulation::exported_files& files,
                  const std::string& folder, output_format output);

} // namespace troupe::tools
