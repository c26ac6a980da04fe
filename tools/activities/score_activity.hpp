#pragma once

#include "actors/engine/activity_registry.hpp"
#include "actors/scoring/scorer.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/store.hpp"
#include "tools/activities/activity_observer.hpp"

#include <cstddef>

namespace troupe::tools {

using score_observer
  = activity_observer<scoring::scoring_result, scoring::scoring_progress>;

struct score_activity_options {
  /// Workers, store and how many runs it keeps, as for a scorer of its own.
  scoring::scorer_options scorer;
  /// What references to secrets are looked up in.
  runtime::environment_map environment;
  /// Must outlive the activities.
  const runtime::clock* time = nullptr;
  /// Items a batch has unless the input says; 0: as many as suit the machine.
  std::size_t batch_size = 0;
  score_observer observer;
};

/// Adds `score`: scores a portfolio with the actors of the host's system, and
/// writes to `store`, which has the tables of scoring. Its output is that of
/// `score_output`. An attempt that is stopped leaves nothing behind.
void add_score_activity(engine::activity_registry& registry,
                        runtime::store_actor store,
                        score_activity_options options);

} // namespace troupe::tools
