#pragma once

#include "actors/scoring/real_time_basis.hpp"
#include "messages/protobuf_messages.hpp"
#include "runtime/clock.hpp"
#include "runtime/store/store.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace troupe::scoring {

/// Scores single items as they come, for servers and programs that embed
/// Troupe. All of a request is scored and stored, or nothing.
using real_time_scorer_actor = caf::typed_actor<
  // Scores items; answered once they are on disk. Errors are problems:
  // `invalid_input` for items that cannot be read, `unavailable` when too many
  // requests are waiting for the disk.
  caf::replies_to<messages::ScoreItems>::with<messages::ItemScores>>;

struct real_time_scorer_options {
  std::shared_ptr<const real_time_basis> basis;
  runtime::store_actor store;
  /// Also what dates in items are aged against.
  std::function<runtime::clock::wall_time()> now;
  /// A fresh UUID for each run.
  std::function<std::string()> next_run;
  std::string source = "real time"; ///< What the store calls it.
  std::size_t items_max = 1'000; ///< Of one request.
  std::size_t bytes_max = std::size_t{1} << 20; ///< Of one request.
  std::size_t waiting_max = 1'000; ///< Requests that wait for the disk.
  std::chrono::milliseconds store_timeout{30'000};
};

real_time_scorer_actor spawn_real_time_scorer(caf::actor_system& system,
                                              real_time_scorer_options options);

} // namespace troupe::scoring
