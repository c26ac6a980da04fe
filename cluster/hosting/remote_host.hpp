#pragma once

#include "actors/engine/activity_hold.hpp"
#include "actors/engine/activity_host.hpp"
#include "actors/engine/durable_reports.hpp"
#include "cluster/hosting/remote_work.hpp"
#include "cluster/hosting/retry_delay.hpp"
#include "cluster/transport/node_exchange.hpp"
#include "messages/hosting.pb.h"

#include <caf/actor_addr.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace troupe::cluster {

// What follows never leaves the process: the desk tells it.

/// What the node of a session reports.
struct session_reports {
  std::shared_ptr<const messages::HostingReports> what;
};

/// There is a link to the node of a session again.
struct link_returned {};

/// Stands for the host of another node, for one session: an engine takes it for
/// any other `activity_host_actor`. What an engine says to it is said to the
/// node, in order and once.
using remote_host_actor = engine::activity_results_actor::extend<
  // The same as a host on this node.
  caf::reacts_to<messages::RunActivities>,
  caf::reacts_to<messages::CancelActivity>,
  caf::reacts_to<messages::KeepActivities>,
  // The engine gives the node nothing new, or does again.
  caf::reacts_to<engine::hold_activities>,
  // The node need not keep what it has reported.
  caf::reacts_to<engine::reports_stored>,
  // Tells the engine, once. `not_found`: not of this session.
  caf::replies_to<session_reports>::with<node_answer>,
  // What waits is asked at once.
  caf::reacts_to<link_returned>>;

/// How a node is asked.
struct asking_options {
  retry_options retry;
  /// How long one question may take.
  std::chrono::milliseconds timeout{2'000};
};

struct remote_host_options {
  std::string node;
  std::uint64_t session = 0;
  std::uint64_t epoch = 0; ///< Of the engine.
  std::uint32_t credit = 0; ///< What the session begins with.
  asking_options asking;
  remote_work_options work;
};

/// `source` hears in its name that it pulls. Ends when the node says that the
/// session is over, when more waits than a node can have asked for, with
/// `source`, or with `desk` unless that is shut down: then it is silent until
/// `source` ends. What runs on the node goes on.
[[nodiscard]] remote_host_actor
spawn_remote_host(caf::actor_system& system,
                  const engine::activity_source_actor& source,
                  const node_exchange_actor& exchange,
                  const caf::actor_addr& desk, remote_host_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::session_reports)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::link_returned)
