#include "tools/cli/engine_setup.hpp"

#include "actors/engine/command_runner.hpp"
#include "actors/engine/http_runner.hpp"
#include "runtime/http/http_host.hpp"
#include "runtime/process/process_host.hpp"

#include <memory>
#include <utility>

namespace troupe::tools {

runtime::outcome<engine::local_engine> start_engine(const invocation& with,
                                                    std::size_t activities_max,
                                                    std::size_t pending_max) {
  auto processes = runtime::process_host::start();
  if (!processes)
    return runtime::fail(processes.error());
  auto options = engine::local_engine_options{};
  options.store = with.settings.store_path;
  options.threads = static_cast<std::size_t>(with.settings.workers);
  options.activities_max = activities_max;
  options.ledger.queue.pending_max = pending_max;
  options.shutdown_timeout = with.settings.shutdown_timeout;
  options.add_activities
    = [host = std::shared_ptr<runtime::process_runner>(std::move(*processes)),
       requests = std::make_shared<runtime::http_host>(),
       environment = with.environment](engine::activity_registry& registry) {
        engine::add_command_activity(registry, {host, environment});
        auto http = engine::http_runner_options{};
        http.requests = requests;
        http.environment = environment;
        engine::add_http_activity(registry, std::move(http));
      };
  return engine::local_engine::start(std::move(options));
}

std::string user_of(const invocation& with) {
  const auto found = with.environment.find("USER");
  return found == with.environment.end() ? std::string{} : found->second;
}

} // namespace troupe::tools
