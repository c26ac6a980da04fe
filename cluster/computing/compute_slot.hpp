#pragma once

#include "actors/scoring/stage_work.hpp"
#include "actors/simulation/year_work.hpp"
#include "cluster/computing/block_frame.hpp"
#include "cluster/computing/source_reader.hpp"
#include "cluster/hosting/work_count.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>

namespace troupe::cluster {

struct compute_slot_options {
  /// A longer answer goes back as a task that was not tried.
  std::size_t answer_bytes_max = block_frame_bytes_max;
  /// What of its answers a session keeps, until it is so much; and as much of
  /// what it withholds.
  std::size_t kept_bytes_max = std::size_t{256} << 20;
  shared_work_count count; ///< Of the tasks of all sessions together.
  /// Of text that is in a file; none: it has to come along. Ends with the
  /// service.
  source_reader_actor reader;
  std::chrono::milliseconds reader_timeout{5'000};
  /// For tests, as of workers of one's own node.
  scoring::stage_hook before_scoring;
  simulation::year_hook before_simulating;
};

/// Does the tasks of one session, one after another, each asked as a SlotTask
/// and answered as a SlotAnswer. `invalid_input` for what makes no sense.
[[nodiscard]] node_service_actor
spawn_scoring_slot(caf::actor_system& system, compute_slot_options options);

/// The same for a simulation.
[[nodiscard]] node_service_actor
spawn_simulation_slot(caf::actor_system& system, compute_slot_options options);

} // namespace troupe::cluster
