#pragma once

#include "actors/engine/activity_registry.hpp"
#include "actors/scoring/scorer.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/store.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace troupe::tools {

/// Looks on from the process in which it happens. Calls come from any thread.
struct score_observer {
  /// The run that may read standard input, at its first attempt; empty: none.
  /// May block until that is known. Absent: none.
  std::function<std::string()> reader_of_standard_input;
  /// An attempt begins.
  std::function<void(const std::string& run_id,
                     std::shared_ptr<const scoring::scoring_progress>)>
    on_start;
  /// An attempt has ended so; not called for one that was killed.
  std::function<void(const std::string& run_id,
                     runtime::outcome<scoring::scoring_result>)>
    on_end;
};

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
