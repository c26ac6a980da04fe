#pragma once

#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "runtime/problem.hpp"

namespace troupe::simulation {

/// Where a stored run goes on: all that its coordinator needs.
struct stored_start {
  stored_simulation run;
  simulation_run_options options;
};

/// Reads what a run has stored: its scenario, the years behind it and the
/// people of the next 1 January. Problems: those of the history.
[[nodiscard]] runtime::outcome<stored_start>
load_start(simulation_history& history, stored_simulation run);

} // namespace troupe::simulation
