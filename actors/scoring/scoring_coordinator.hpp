#pragma once

#include "actors/scoring/chunk_source.hpp"
#include "actors/scoring/score_worker.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "actors/scoring/scoring_run.hpp"
#include "runtime/store/store.hpp"
#include "runtime/tabular/output_writer.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace troupe::scoring {

/// Runs one scoring: cuts it into tasks, gives them to the workers that pull,
/// writes and stores the result. Lives as long as the run.
using scoring_coordinator_actor = scoring_tasks_actor::extend<
  // Runs it; answered once the result is written and stored, by the result as
  // one block (`unpack_result`). Once per coordinator. Errors are problems.
  caf::replies_to<messages::RunScoring>::with<messages::ScoringSummary,
                                              messages::column_block>,
  // Gives up: nothing of the run becomes visible. Comes too late, and does
  // nothing, once the result is being stored.
  caf::reacts_to<messages::CancelScoring>>;

/// How far a run is; written by its coordinator, read by anybody.
struct scoring_progress {
  std::atomic<scoring_run::stage> stage{scoring_run::stage::read};
  std::atomic<std::uint64_t> rows_read{0};
  std::atomic<std::uint64_t> rows_scored{0};
  std::atomic<double> source{0.0}; ///< Share read, 0..1.
};

struct scoring_coordinator_options {
  scoring_run_options run;
  score_worker_options worker;
  /// Has others pull, too, beside `run.workers`; absent: there are none.
  more_score_workers more_workers;
  /// Absent: all batches are given.
  chunk_source_actor source;
  /// Absent: nothing is written.
  runtime::output_writer_actor writer;
  /// Whether the writer has a file "summary.json".
  bool writes_summary = false;
  /// Absent: nothing is stored.
  runtime::store_actor store;
  run_header header;
  /// Tells the time at which the run ends.
  std::function<runtime::clock::wall_time()> now;
  /// Absent: nobody looks.
  std::shared_ptr<scoring_progress> progress;
  /// How long the source may be silent (it may be a pipe).
  std::chrono::milliseconds source_timeout{600'000};
  std::chrono::milliseconds writer_timeout{120'000};
  std::chrono::milliseconds store_timeout{600'000};
  /// After so long, and twice as long as any task took, what a worker on
  /// another node is at is done here, if somebody has nothing else to do.
  std::chrono::milliseconds straggler_patience{2'000};
};

scoring_coordinator_actor
spawn_scoring_coordinator(caf::actor_system& system,
                          scoring_coordinator_options options);

} // namespace troupe::scoring
