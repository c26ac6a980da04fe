#pragma once

#include "messages/cluster_call.pb.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace troupe::tools {

/// How busy a cluster was at two moments: what counts up becomes a rate.
struct load_samples {
  messages::ClusterLoad before;
  messages::ClusterLoad now;
  /// From one to the other, by the clock of whoever asked; what a node counts
  /// is divided by the time of its own clock.
  std::chrono::microseconds elapsed{0};
};

/// What a node does. Absent: nobody knows, or not as a rate, because the node
/// did not answer or began anew in between.
struct node_rates {
  std::optional<double> cpu; ///< In processors.
  std::optional<double> steps; ///< That end per second.
  std::optional<double> tasks; ///< For scorings and simulations.
};

/// The node at that place of `samples.now.nodes()`.
[[nodiscard]] node_rates rates_of(const load_samples& samples, int place);

/// Runs that end per second; absent if nobody knows, or another engine counts.
[[nodiscard]] std::optional<double>
runs_per_second(const load_samples& samples);

/// A line about who leads.
[[nodiscard]] std::string render_leader(const messages::ClusterStatus& status);

/// For a terminal, a line per node that belongs to the cluster.
[[nodiscard]] std::string render_load(const load_samples& samples);

/// The same, figures that nobody knows left out.
[[nodiscard]] nlohmann::ordered_json to_json(const load_samples& samples);

/// "coordinator", "worker" or "coordinator+worker".
[[nodiscard]] std::string roles_of(const messages::ClusterNode& node);

/// How a cluster looks from a node.
[[nodiscard]] nlohmann::ordered_json
to_json(const messages::ClusterStatus& status);

/// Of that, who leads, and all nodes.
[[nodiscard]] nlohmann::ordered_json
leader_json(const messages::ClusterStatus& status);
[[nodiscard]] nlohmann::ordered_json
nodes_json(const messages::ClusterStatus& status);

} // namespace troupe::tools
