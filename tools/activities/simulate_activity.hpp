#pragma once

#include "actors/engine/activity_registry.hpp"
#include "actors/simulation/simulator.hpp"
#include "runtime/store/store.hpp"
#include "tools/activities/activity_observer.hpp"
#include "tools/activities/simulate_arguments.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <stop_token>
#include <string>

namespace troupe::tools {

/// What a simulation came to, for whoever looks on.
struct simulated {
  simulation::simulation_result result;
  /// What is known of the run, measured times included, as run.json.
  nlohmann::ordered_json facts;
  /// Without its people: warnings and what was left out.
  simulation::census census;
};

using simulate_observer
  = activity_observer<simulated, simulation::simulation_progress>;

struct simulate_activity_options {
  /// Workers, store and how many runs it keeps, as for a simulator of its own.
  simulation::simulator_options simulator;
  simulate_observer observer;
};

/// Simulates what a plan says with a simulator that is there: reads the census,
/// then all years. A run that was begun with the key goes on, or is answered
/// from the store.
[[nodiscard]] simulation::checked<simulated>
simulate_plan_of(const simulate_plan& plan, const std::string& idempotency_key,
                 simulation::simulator& with,
                 std::shared_ptr<simulation::simulation_progress> progress,
                 const std::stop_token& stop);

/// Goes on with a run of the store, or is answered from there. Of the plan
/// count files, workers and manner.
[[nodiscard]] runtime::outcome<simulated>
resume_simulation(const simulation::stored_simulation& run,
                  const simulate_plan& plan, simulation::simulator& with,
                  std::shared_ptr<simulation::simulation_progress> progress,
                  const std::stop_token& stop);

/// Adds `simulate`: simulates with the actors of the host's system, and writes
/// to `store`, which has the tables of simulations. Its output has the run's id
/// and the totals of each year. The next attempt goes on after the last year of
/// one that was stopped or killed, with the scenario and the people of then.
void add_simulate_activity(engine::activity_registry& registry,
                           runtime::store_actor store,
                           simulate_activity_options options);

} // namespace troupe::tools
