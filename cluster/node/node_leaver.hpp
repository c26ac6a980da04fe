#pragma once

#include "cluster/hosting/hosted_port.hpp"
#include "cluster/membership/membership_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <stop_token>

namespace troupe::cluster {

/// Empties the node, and then requests that stop, whatever comes of it. Never
/// leaves the process.
struct leave_when_idle {
  std::stop_source done;
};

/// Sees to it that a node that is told to stop breaks off as little as
/// possible.
using node_leaver_actor = caf::typed_actor<caf::reacts_to<leave_when_idle>>;

struct node_leaver_options {
  membership_actor membership;
  hosted_port_actor port; ///< Null: nothing of others runs here.
  /// For all of it; zero: leaves at once.
  std::chrono::milliseconds grace{10'000};
};

[[nodiscard]] node_leaver_actor spawn_node_leaver(caf::actor_system& system,
                                                  node_leaver_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leave_when_idle)
