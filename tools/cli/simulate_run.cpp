#include "tools/cli/simulate_run.hpp"

#include "tools/cli/command_run.hpp"

#include <utility>

namespace troupe::tools {

runtime::outcome<simulated> simulate_as_run(const nlohmann::json& arguments,
                                            const invocation& with,
                                            const std::stop_token& stop,
                                            simulate_start on_start) {
  using meeting = meeting_point<simulated, simulation::simulation_progress>;
  const auto at = std::make_shared<meeting>(std::move(on_start));
  auto setup = engine_setup{};
  setup.on_simulation = observe(at);
  return run_by_engine(run_of_command("simulate", arguments, "", user_of(with)),
                       std::move(setup), *at, with, stop);
}

} // namespace troupe::tools
