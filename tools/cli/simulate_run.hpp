#pragma once

#include "runtime/problem.hpp"
#include "tools/activities/simulate_activity.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace troupe::tools {

/// Called once the simulation has begun, to watch how far it is.
using simulate_start
  = std::function<void(std::shared_ptr<const simulation::simulation_progress>)>;

/// Simulates as a run of the engine, over the store of the settings.
/// `arguments` are those of the activity `simulate`; paths in them are those of
/// this working folder. A stop request cancels the run.
[[nodiscard]] runtime::outcome<simulated>
simulate_as_run(const nlohmann::json& arguments, const invocation& with,
                const std::stop_token& stop, simulate_start on_start);

/// Goes on with a stored simulation, by number, id or its beginning, or "last",
/// without an engine. Of the arguments count out, workers and manner.
[[nodiscard]] runtime::outcome<simulated>
resume_by_name(const std::string& run, const nlohmann::json& arguments,
               const invocation& with, const std::stop_token& stop,
               const simulate_start& on_start);

} // namespace troupe::tools
