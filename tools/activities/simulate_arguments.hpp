#pragma once

#include "actors/engine/text_template.hpp"
#include "actors/simulation/census_file.hpp"
#include "actors/simulation/checked.hpp"
#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/simulation_manner.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace troupe::tools {

/// What is simulated, and how.
struct simulate_plan {
  simulation::named_scenario scenario;
  std::string census_file;
  simulation::census_options census;
  /// Folder of the files; empty: none.
  std::string out;
  std::size_t workers = 0; ///< 0: as the program is set.
  simulation::simulation_manner manner;
};

/// Reads what an activity `simulate` is given; `troupe simulate` has the same
/// arguments. Reads the scenario it names, not its census. Problems name their
/// key, below `place`. "-" is a census only where standard input may be read.
[[nodiscard]] simulation::checked<simulate_plan>
plan_simulation(const nlohmann::json& input, const engine::source_place& place,
                bool may_read_standard_input);

/// Out, workers and manner alone, of arguments that were planned before: for a
/// run that has its scenario and people already, whatever became of the files.
[[nodiscard]] simulate_plan plan_resumption(const nlohmann::json& input);

/// The census of a plan.
[[nodiscard]] simulation::checked<simulation::census>
read_census_of(const simulate_plan& plan);

/// All of a run that is the same each time it is made: version, scenario, seed
/// and what is known of the census.
[[nodiscard]] nlohmann::ordered_json
describe_foundation(const simulate_plan& plan,
                    const simulation::census& census);

/// The same of a stored run, without the rows of its census.
[[nodiscard]] nlohmann::ordered_json
describe_foundation(const simulation::stored_simulation& run);

} // namespace troupe::tools
