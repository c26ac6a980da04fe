#pragma once

#include "actors/engine/activity_host.hpp"
#include "cluster/hosting/ordered_exchange.hpp"
#include "cluster/hosting/remote_host.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <chrono>

namespace troupe::cluster {

/// The source of the activities of a node: whoever leads. A host pulls from it
/// as from an engine, and need not know that leaders come and go. Serves
/// `hosted_target` at the exchange.
using hosted_port_actor = engine::activity_source_actor::extend_with<
  node_service_actor>::extend_with<link_watcher_actor>;

struct hosted_port_options {
  asking_options asking;
  batch_limits batch;
  /// After so long without an answer it asks whether its session is known.
  std::chrono::milliseconds probe_interval{2'000};
};

/// Lives as long as the exchange: a host ends when its source does. One host at
/// a time; what one ran that ended has failed.
[[nodiscard]] hosted_port_actor
spawn_hosted_port(caf::actor_system& system,
                  const node_exchange_actor& exchange,
                  hosted_port_options options = {});

} // namespace troupe::cluster
