#pragma once

#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_run.hpp"
#include "actors/scoring/stored_figures.hpp"
#include "messages/column_block.hpp"
#include "messages/scoring.pb.h"
#include "messages/store.pb.h"
#include "runtime/clock.hpp"
#include "runtime/store/migrations.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::scoring {

/// What the store keeps of a run beside its items.
struct run_header {
  std::string run; ///< UUIDv7.
  /// The store has one run with it; empty: none was given.
  std::string idempotency_key;
  std::string mode; ///< "full", "batch", "incremental" or "real_time".
  std::string case_name;
  std::uint64_t configuration_digest = 0;
  std::string source;
  std::string base_run; ///< The run an incremental or real-time one builds on.
  runtime::clock::wall_time started_at{};
  runtime::clock::wall_time finished_at{};
  /// Complete runs kept; older ones go when this one is stored, and real-time
  /// runs that are older than all of them. 0: all. Of real-time runs the newest
  /// thousand are kept.
  std::uint64_t runs_kept = 50;
};

/// Tables of this subsystem. scoring_runs has a row per run, scoring_items one
/// per item and run; its columns `scores`, `details` and `figures` are those of
/// stored_scores.hpp, stored_details.hpp and stored_figures.hpp. `report` is a
/// ScoringSummary, without what has a column of its own.
[[nodiscard]] const runtime::migration_list& scoring_schema();

/// The rows of one batch for scoring_items.
[[nodiscard]] messages::column_block make_record(const scored_batch& batch,
                                                 figure_keeping kept);

/// A transaction, with the rows of all its statements.
struct store_request {
  messages::CommitTransaction transaction;
  messages::column_block rows;
};

/// The whole run in one transaction: a crash leaves all of it or nothing. The
/// store refuses it (constraint) when there is a run with this key.
[[nodiscard]] store_request
make_store_request(const run_header& header, const scoring_plan& plan,
                   const messages::ScoringContext& context,
                   const messages::ScoringSummary& summary,
                   const std::string& summary_json,
                   const std::vector<messages::column_block>& records);

} // namespace troupe::scoring
