#pragma once

#include "actors/engine/run_deadlines.hpp"
#include "messages/engine.pb.h"
#include "runtime/metrics/metrics.hpp"
#include "runtime/metrics/process_metrics.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

namespace troupe::tools {

/// What monitoring hears of a server. Thread-safe.
class api_metrics {
public:
  api_metrics();

  /// Counts a request; `route` is its pattern, never its path, and empty if
  /// there is none.
  void count(const std::string& method, const std::string& route, int status,
             std::chrono::nanoseconds took);

  /// Prometheus' text, with how the engine is now; without its figures if
  /// nobody knows.
  [[nodiscard]] std::string
  render(const std::optional<messages::EngineStatus>& engine,
         std::size_t connections, std::size_t waiting,
         const std::optional<engine::deadline_figures>& deadlines = {});

private:
  void show(const std::string& name, const std::string& help, double value);

  runtime::metrics_registry registry_;
  std::mutex mutex_; ///< Of `process_`.
  runtime::process_metrics process_{registry_};
};

} // namespace troupe::tools
