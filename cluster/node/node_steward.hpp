#pragma once

#include "cluster/hosting/hosted_port.hpp"
#include "cluster/hosting/hosting_desk.hpp"
#include "cluster/leadership/leadership_actor.hpp"
#include "cluster/membership/membership_actor.hpp"
#include "cluster/node/engine_relay.hpp"
#include "cluster/node/node_turns.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace troupe::cluster {

/// The engine of this node may let other nodes pull, once its desk is told whom
/// it gives nothing new.
struct hosting_opened {
  hosting_desk_actor desk;
};

/// Hears of members and leaders, and tells those on this node whom it concerns.
using node_steward_actor
  = membership_watcher_actor::extend_with<leadership_watcher_actor>::
    extend_with<leader_watcher_actor>::extend<caf::reacts_to<hosting_opened>>;

struct node_steward_options {
  std::string self; ///< The name of this node.
  std::shared_ptr<node_turns> turns;
  engine_relay_actor relay;
  leader_watcher_actor cluster; ///< Hears whom the node follows.
  /// After so long, this node knows of all that live.
  std::chrono::milliseconds settle_time{3'000};
  /// Lets others lead once the node drains and another coordinator lives; null
  /// where nobody else could.
  leadership_actor leadership;
  /// When one of them ends, the node does.
  std::vector<caf::actor> parts;
};

[[nodiscard]] node_steward_actor
spawn_node_steward(caf::actor_system& system, node_steward_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::hosting_opened)
