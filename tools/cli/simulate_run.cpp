#include "tools/cli/simulate_run.hpp"

#include "tools/cli/command_run.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace troupe::tools {

namespace {

/// Whoever goes on with the run may do so in another folder.
nlohmann::json with_whole_paths(nlohmann::json arguments) {
  for (const auto* key : {"census", "config", "mapping", "out"}) {
    const auto found = arguments.find(key);
    auto error = std::error_code{};
    if (found == arguments.end() || *found == "-")
      continue;
    const auto whole
      = std::filesystem::absolute(found->get<std::string>(), error);
    if (!error)
      *found = whole.lexically_normal().string();
  }
  return arguments;
}

} // namespace

runtime::outcome<simulated> simulate_as_run(const nlohmann::json& arguments,
                                            const invocation& with,
                                            const std::stop_token& stop,
                                            simulate_start on_start) {
  using meeting = meeting_point<simulated, simulation::simulation_progress>;
  const auto at = std::make_shared<meeting>(std::move(on_start));
  auto setup = engine_setup{};
  setup.on_simulation = observe(at);
  return run_by_engine(run_of_command("simulate", with_whole_paths(arguments),
                                      "", user_of(with)),
                       std::move(setup), *at, with, stop);
}

runtime::outcome<simulated> resume_by_name(const std::string& run,
                                           const nlohmann::json& arguments,
                                           const invocation& with,
                                           const std::stop_token& stop,
                                           const simulate_start& on_start) {
  const auto plan = plan_resumption(arguments);
  auto options = simulator_settings(with.settings);
  options.store = with.settings.store_path;
  if (plan.workers != 0)
    options.workers = plan.workers;
  auto simulator = simulation::simulator::create(std::move(options));
  if (!simulator)
    return runtime::fail(simulator.error());
  auto history = simulation::simulation_history::open(with.settings.store_path);
  if (!history)
    return runtime::fail(history.error());
  const auto found = history->find_run(run);
  if (!found)
    return runtime::fail(found.error());
  auto progress = std::make_shared<simulation::simulation_progress>();
  on_start(progress);
  return resume_simulation(*found, plan, *simulator, std::move(progress), stop);
}

} // namespace troupe::tools
