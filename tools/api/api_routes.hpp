#pragma once

#include "tools/api/api_call.hpp"
#include "tools/api/api_metrics.hpp"
#include "tools/api/engine_port.hpp"
#include "tools/api/run_readers.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace troupe::tools {

/// What the answers are made of; all of it may be used from any thread.
struct api_services {
  engine_port& engine;
  run_readers& readers;
  api_metrics& metrics;
  std::string openapi;
  std::string version;
  std::string node; ///< Empty: it is none.
  std::chrono::milliseconds ready_patience;
  std::function<std::size_t()> connections;
};

/// Every route there is. `services` must outlive them.
[[nodiscard]] std::vector<api_route> make_api_routes(api_services& services);

/// Those about runs.
void add_run_routes(std::vector<api_route>& to, api_services& services);

/// Those about the nodes of a cluster.
void add_cluster_routes(std::vector<api_route>& to, api_services& services);

/// Those about what waits for workers.
void add_queue_routes(std::vector<api_route>& to, api_services& services);

/// Those about workflows.
void add_workflow_routes(std::vector<api_route>& to, api_services& services);

} // namespace troupe::tools
