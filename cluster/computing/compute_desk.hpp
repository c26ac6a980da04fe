#pragma once

#include "actors/scoring/score_worker.hpp"
#include "actors/simulation/year_processor.hpp"
#include "cluster/computing/slot_proxy.hpp"
#include "cluster/membership/membership_actor.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace troupe::cluster {

/// A scoring, by its address, that may use other nodes.
struct scoring_begins {
  caf::actor_addr run;
};

/// A simulation.
struct simulation_begins {
  caf::actor_addr run;
};

/// Finds slots of other nodes for the runs of this one: asks each that works,
/// and is neither suspect nor drains, how many it has, and puts a proxy for
/// each of them in the place of a worker. Who joins later is left out. The
/// proxies of a node end when its link is lost or others hold it for dead.
using compute_desk_actor
  = membership_watcher_actor::extend_with<link_watcher_actor>::extend<
    caf::reacts_to<scoring_begins>, caf::reacts_to<simulation_begins>>;

struct compute_desk_options {
  std::string self; ///< The name of this node.
  node_exchange_actor exchange;
  membership_actor membership;
  /// Of one node, and of all together, for one run.
  std::size_t node_slots_max = 64;
  std::size_t run_slots_max = 256;
  /// For the members, and for each of them to say how many slots it has.
  std::chrono::milliseconds ask_timeout{2'000};
  /// Of each proxy; exchange and node are filled in.
  slot_proxy_options proxy;
};

/// Watches links and members.
[[nodiscard]] compute_desk_actor
spawn_compute_desk(caf::actor_system& system, compute_desk_options options);

/// What a coordinator calls to have its run known to the desk.
[[nodiscard]] scoring::more_score_workers
score_with(const compute_desk_actor& desk);
[[nodiscard]] simulation::more_year_processors
simulate_with(const compute_desk_actor& desk);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::scoring_begins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::simulation_begins)
