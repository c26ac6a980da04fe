#pragma once

#include "cluster/computing/compute_slot.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/actor_system.hpp>

#include <cstddef>
#include <cstdint>

namespace troupe::cluster {

/// Whom the node that leads asks for processors, on those that work.
inline constexpr auto compute_target = "compute";

/// Lends the processors of this node to others: tells how many there are, and
/// has the tasks of each session done by a slot of its own. A session ends when
/// it is closed or the link to its node is lost. Errors: `not_found` for a
/// session that there is not, `unavailable` when there are too many,
/// `invalid_input` for what makes no sense.
using compute_service_actor
  = node_service_actor::extend_with<link_watcher_actor>;

struct compute_service_options {
  std::size_t slots = 1; ///< Tasks that it does at the same time.
  /// Of this node, so that no session is taken for one of an earlier start.
  std::uint64_t incarnation = 1;
  /// Of all nodes together; most wait while one run is busy.
  std::size_t sessions_max = 1'024;
  /// What slots keep together, if all are taken once: see
  /// `compute_slot_options::kept_bytes_max`.
  std::size_t kept_bytes_max = std::size_t{2} << 30;
  compute_slot_options slot;
};

/// Serves `compute_target` at the exchange, and watches its links.
[[nodiscard]] compute_service_actor
spawn_compute_service(caf::actor_system& system,
                      const node_exchange_actor& exchange,
                      compute_service_options options);

} // namespace troupe::cluster
