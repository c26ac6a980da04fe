#pragma once

#include "cluster/membership/incarnation_store.hpp"
#include "cluster/membership/membership.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe::cluster {

// What follows never leaves the process.

struct get_members {};

struct member_seen {
  member of;
  std::optional<double> phi; ///< Only of those that are watched.
  std::chrono::microseconds lateness{0}; ///< As it says itself.
};

struct members_seen {
  std::string self;
  bool is_safe = false; ///< See `membership::is_safe`.
  bool is_stopped = false;
  std::vector<member_seen> members; ///< By name; also the dead and the left.
};

/// Is told of changes, in the order in which they came about. An `own_notice`
/// to step down comes before everything that the same fact caused.
using membership_watcher_actor
  = caf::typed_actor<caf::reacts_to<member_event>, caf::reacts_to<own_notice>>;

/// From now on, and how things are at first: an event for each that lives,
/// joining ones excepted, and the end of this node's membership if it is over.
struct watch_members {
  membership_watcher_actor watcher;
};

/// The node is to take nothing new, or to do so again.
struct drain_node {
  std::string name; ///< Empty: this one.
  bool is_on = true;
};

/// Somebody is gone for good.
struct remove_node {
  std::string name;
};

/// This node says farewell.
struct leave_cluster {};

struct membership_done {};

/// This node's part in the membership of the cluster.
using membership_actor = caf::typed_actor<
  caf::replies_to<get_members>::with<members_seen>,
  caf::reacts_to<watch_members>,
  // Another node is asked itself: `not_found` if nobody knows it, `unavailable`
  // or `timeout` if it does not answer.
  caf::replies_to<drain_node>::with<membership_done>,
  // Errors as `membership::remove`.
  caf::replies_to<remove_node>::with<membership_done>,
  // Once the farewells are said; `timeout` if that takes too long.
  caf::replies_to<leave_cluster>::with<membership_done>>;

struct membership_actor_options {
  own_node self;
  /// Whom to look for, and where; this node itself is left out.
  std::vector<keep_linked> peers;
  membership_options membership;
  /// For another node that is to drain.
  std::chrono::milliseconds drain_timeout{5'000};
  /// For an incarnation to be on disk; then it is tried again.
  std::chrono::milliseconds store_timeout{10'000};
  std::chrono::milliseconds leave_timeout{5'000};
  /// Whether nobody else's work can hold it up.
  bool has_own_thread = false;
};

/// The name under which memberships of nodes reach each other.
inline constexpr auto membership_target = "membership";

/// Serves `membership_target` at the exchange, watches its links and has it
/// dial the peers. Ends with the exchange.
[[nodiscard]] membership_actor
spawn_membership(caf::actor_system& system, node_exchange_actor exchange,
                 incarnation_store_actor incarnations,
                 membership_actor_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::get_members)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::members_seen)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::member_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::own_notice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::watch_members)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::drain_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::remove_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leave_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::membership_done)
