#pragma once

#include "actors/engine/activity_host.hpp"
#include "cluster/hosting/remote_host.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

namespace troupe::cluster {

/// Begins: from now on nodes may pull, and those that are held get nothing new
/// from the start. Said once.
struct serve_nodes {
  std::set<std::string> held;
};

/// A node is down or has left: what it ran goes to others. Never leaves the
/// process; membership says so.
struct lose_node {
  std::string node;
};

/// A node gets nothing new, or does again; what runs on it goes on.
struct hold_node {
  std::string node;
  bool is_on = true;
};

/// Who lives and runs activities, as far as membership knows: once all of them
/// pull, the engine waits for nobody else's work. The last word counts.
struct expect_nodes {
  std::set<std::string> nodes;
};

/// Lets the nodes that run activities pull from the engine of this node: serves
/// `hosting_target` at the exchange, and tells all linked nodes who leads.
using hosting_desk_actor
  = node_service_actor::extend_with<link_watcher_actor>::extend<
    // Until then nobody hears of the desk.
    caf::reacts_to<serve_nodes>,
    // Its session is over.
    caf::reacts_to<lose_node>,
    // Also in sessions to come, until the node is lost.
    caf::reacts_to<hold_node>, caf::reacts_to<expect_nodes>>;

struct hosting_desk_options {
  std::uint64_t epoch = 0; ///< Of the engine; never 0.
  /// Of the leadership of this node, for those who are told; 0: not known.
  std::uint64_t leadership_epoch = 0;
  std::chrono::milliseconds notice_interval{500};
  asking_options asking;
  remote_work_options work;
};

/// For one life of an engine, and no second one under the same epoch, as it
/// would not know which sessions are over. Ends when `source` or the exchange
/// does, and with it all sessions. What runs on the nodes goes on.
[[nodiscard]] hosting_desk_actor spawn_hosting_desk(
  caf::actor_system& system, const engine::activity_source_actor& source,
  const node_exchange_actor& exchange, hosting_desk_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::serve_nodes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::lose_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::hold_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::expect_nodes)
