#pragma once

#include "actors/engine/engine_desk.hpp"
#include "cluster/hosting/hosted_port.hpp"
#include "cluster/leadership/leadership_actor.hpp"
#include "cluster/membership/membership_actor.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::cluster {

struct cluster_desk_options {
  membership_actor membership;
  /// Null: nobody could lead in the place of this node, or it never leads.
  leadership_actor leadership;
  /// Who leads where there is no leadership to be had; empty: whom the node
  /// follows.
  std::string only_coordinator;
  std::uint64_t only_epoch = 0; ///< Under which it leads.
  engine::desk_answers answers;
  /// For questions to other nodes.
  node_exchange_actor exchange;
  /// How long another node may take to tell how busy it is.
  std::chrono::milliseconds load_timeout{1'000};
};

/// Answers what is asked about the cluster (messages/cluster_call.proto).
using cluster_desk_actor = engine::engine_desk_actor::extend_with<
  leader_watcher_actor>; // Of a node that has no leadership.

[[nodiscard]] cluster_desk_actor
spawn_cluster_desk(caf::actor_system& system, cluster_desk_options options);

} // namespace troupe::cluster
