#pragma once

#include "actors/scoring/score_worker.hpp"
#include "actors/simulation/year_processor.hpp"
#include "cluster/computing/block_frame.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::cluster {

struct slot_proxy_options {
  node_exchange_actor exchange;
  std::string node; ///< Whose slot it is.
  /// Tasks at the node at most: one to do, the rest on their way.
  std::uint32_t credit = 2;
  /// A longer task is given back.
  std::size_t task_bytes_max = block_frame_bytes_max;
  std::chrono::milliseconds open_timeout{5'000};
  /// From the moment a task is sent until it is answered.
  std::chrono::milliseconds task_timeout{30'000};
  /// How long a task may wait for room on the link, and how often that is
  /// looked for.
  std::chrono::milliseconds room_timeout{10'000};
  std::chrono::milliseconds room_interval{20};
};

/// A slot of another node in the place of a worker: opens a session, pulls
/// tasks from the run, and answers what the slot answers. Ends with the run;
/// also when the link is lost, the slot is silent, or its node knows nothing of
/// the session: then the run gives its tasks to others.
[[nodiscard]] scoring::score_worker_actor
spawn_scoring_proxy(caf::actor_system& system,
                    const scoring::scoring_tasks_actor& run,
                    slot_proxy_options options);

/// The same for a simulation.
[[nodiscard]] simulation::year_processor_actor
spawn_simulation_proxy(caf::actor_system& system,
                       const simulation::year_tasks_actor& run,
                       slot_proxy_options options);

} // namespace troupe::cluster
