#pragma once

#include "actors/engine/run_deadlines.hpp"
#include "messages/cluster_call.pb.h"
#include "messages/engine.pb.h"
#include "runtime/metrics/metrics.hpp"
#include "runtime/metrics/process_metrics.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

namespace troupe::tools {

/// How things are when monitoring asks.
struct api_figures {
  std::optional<messages::EngineStatus> engine; ///< Absent: nobody knows.
  std::optional<engine::deadline_figures> deadlines;
  /// Of a node: itself, and how it sees the others.
  std::optional<messages::ClusterLoad> cluster;
  std::size_t connections = 0;
  std::size_t waiting = 0; ///< For ends of runs.
};

/// What monitoring hears of a server. Thread-safe.
class api_metrics {
public:
  /// The name of the node is a label of all that is told; empty: it is none.
  explicit api_metrics(const std::string& node = {});

  /// Counts a request; `route` is its pattern, never its path, and empty if
  /// there is none.
  void count(const std::string& method, const std::string& route, int status,
             std::chrono::nanoseconds took);

  /// Prometheus' text; what nobody knows is left out.
  [[nodiscard]] std::string render(const api_figures& now);

private:
  void show(const std::string& name, const std::string& help,
            const std::optional<double>& value);
  void show_engine(const api_figures& now);
  void show_cluster(const messages::ClusterStatus& status);
  void show_node(const messages::NodeFigures& figures);

  runtime::metrics_registry registry_;
  std::mutex mutex_; ///< Of what is shown: one answer at a time.
  runtime::process_metrics process_{registry_};
};

} // namespace troupe::tools
