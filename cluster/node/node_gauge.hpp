#pragma once

#include "cluster/hosting/work_count.hpp"
#include "cluster/membership/membership_actor.hpp"
#include "cluster/transport/node_exchange.hpp"
#include "runtime/metrics/process_metrics.hpp"
#include "runtime/problem.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace troupe::cluster {

/// Where nodes ask each other how busy they are.
inline constexpr auto gauge_target = "gauge";

/// Tells how busy this node is: a GetNodeFigures is answered by NodeFigures.
using node_gauge_actor = node_service_actor::extend_with<link_watcher_actor>;

/// What a worker has, and what of it is taken.
struct gauged_work {
  shared_work_count count; ///< Null: it is no worker.
  std::size_t places = 0;
};

struct node_gauge_options {
  std::uint64_t incarnation = 0;
  membership_actor membership;
  node_exchange_actor exchange;
  /// What the process uses; without it, that is not told.
  std::function<runtime::outcome<runtime::process_figures>()> read_process;
  std::size_t processors = 1; ///< Of the machine.
  gauged_work steps; ///< For whoever leads.
  gauged_work slots; ///< Lent to scorings and simulations.
  std::chrono::milliseconds membership_timeout{1'000};
  /// Whether nobody else's work can hold it up: a busy node is asked, too.
  bool has_own_thread = false;
};

/// Serves `gauge_target` at the exchange, and watches its links.
[[nodiscard]] node_gauge_actor spawn_node_gauge(caf::actor_system& system,
                                                node_gauge_options options);

} // namespace troupe::cluster
