#pragma once

#include "actors/engine/activity_host.hpp"
#include "cluster/hosting/ordered_exchange.hpp"
#include "cluster/hosting/remote_host.hpp"
#include "cluster/hosting/work_count.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::cluster {

/// The node follows that leader from now on. Never leaves the process, nor does
/// what follows.
struct leader_followed {
  std::string node;
  /// Of its leadership, as it says; 0: it does not.
  std::uint64_t leadership_epoch = 0;
};

using leader_watcher_actor = caf::typed_actor<caf::reacts_to<leader_followed>>;

/// From now on, and at once if there is a leader. One at a time.
struct watch_leader {
  leader_watcher_actor watcher;
};

/// Is answered once nothing runs on the node and every end is stored; from
/// then on nothing begins. One at a time.
struct close_when_idle {};

struct hosting_closed {};

/// The source of the activities of a node: whoever leads. A host pulls from it
/// as from an engine, and need not know that leaders come and go. Serves
/// `hosted_target` at the exchange.
using hosted_port_actor = engine::activity_source_actor::
  extend_with<node_service_actor>::extend_with<link_watcher_actor>::extend<
    caf::reacts_to<watch_leader>,
    // `conflict`: somebody waits already.
    caf::replies_to<close_when_idle>::with<hosting_closed>>;

struct hosted_port_options {
  asking_options asking;
  batch_limits batch;
  /// After so long without an answer it asks whether its session is known.
  std::chrono::milliseconds probe_interval{2'000};
  shared_work_count count; ///< Of activities.
};

/// Lives as long as the exchange: a host ends when its source does. One host at
/// a time; what one ran that ended has failed.
[[nodiscard]] hosted_port_actor
spawn_hosted_port(caf::actor_system& system,
                  const node_exchange_actor& exchange,
                  hosted_port_options options = {});

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leader_followed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::watch_leader)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::close_when_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::hosting_closed)
