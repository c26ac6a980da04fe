#pragma once

#include "actors/engine/engine.hpp"
#include "actors/engine/run_retention.hpp"
#include "runtime/clock.hpp"
#include "runtime/store/store.hpp"

#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace troupe::engine {

/// Deletes runs that may go, now.
struct prune_now {
  /// Those that ended so long ago, whatever is configured; nothing: as
  /// configured.
  std::optional<std::chrono::milliseconds> older_than;
};

/// Answers it once that is stored.
struct runs_pruned {
  pruned what;
  bool has_more = false; ///< Ask again.
};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::prune_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::runs_pruned)

namespace troupe::engine {

/// Deletes runs that are over as the rule says, when asked and, beside an
/// engine, by itself while that has nothing to do; not later than
/// `patience_max` if it always has. It reads the store itself, hence it has a
/// thread of its own. One after the other: who asks waits for what is under
/// way.
using run_pruning_actor
  = caf::typed_actor<caf::replies_to<prune_now>::with<runs_pruned>>;

struct run_pruning_options {
  /// The file that `store` writes.
  std::string store_path;
  run_retention keep;
  pruning_bounds bounds;
  /// Must outlive the actor.
  const runtime::clock* time = nullptr;
  /// When it looks for the first time, and how often then.
  std::chrono::milliseconds first_after{60'000};
  std::chrono::milliseconds interval{300'000};
  /// How long work that is ready puts it off.
  std::chrono::milliseconds patience_max{60'000};
  /// Transactions in a row.
  std::size_t transactions_max = 50;
  std::chrono::milliseconds store_timeout{60'000};
};

/// Without an engine (a null handle) it does nothing by itself.
[[nodiscard]] run_pruning_actor spawn_run_pruning(caf::actor_system& system,
                                                  runtime::store_actor store,
                                                  engine_actor engine,
                                                  run_pruning_options options);

} // namespace troupe::engine
