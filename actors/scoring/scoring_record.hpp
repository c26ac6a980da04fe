#pragma once

#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_run.hpp"
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
  std::string mode; ///< "full", "batch", "incremental" or "real_time".
  std::string case_name;
  std::uint64_t configuration_digest = 0;
  std::string source;
  std::string base_run; ///< The run an incremental or real-time one builds on.
  runtime::clock::wall_time started_at{};
  runtime::clock::wall_time finished_at{};
  /// Complete runs kept; older ones go when this one is stored. 0: all.
  std::uint64_t runs_kept = 50;
};

/// Tables of this subsystem. scoring_items has a row per item and run; `scores`
/// is the doubles (little-endian) of: a value per criterion, a contribution per
/// category, strategic_raw, completeness, and the columns of `total_block`.
[[nodiscard]] const runtime::migration_list& scoring_schema();

/// The rows of one batch for scoring_items.
[[nodiscard]] messages::column_block make_record(const scored_batch& batch);

/// A transaction, with the rows of all its statements.
struct store_request {
  messages::CommitTransaction transaction;
  messages::column_block rows;
};

/// The whole run in one transaction: a crash leaves all of it or nothing.
[[nodiscard]] store_request
make_store_request(const run_header& header, const scoring_plan& plan,
                   const messages::ScoringContext& context,
                   const messages::ScoringSummary& summary,
                   const std::string& summary_json,
                   const std::vector<messages::column_block>& records);

/// The numbers of one stored item, in the order of `scores` above.
struct stored_scores {
  std::vector<double> values;
  std::vector<double> categories;
  double raw = 0.0;
  double completeness = 1.0;
  double strategic = 0.0;
  double financial = 0.0;
  double financial_normalised = 0.0;
  double penalty = 0.0;
  double total = 0.0;
};

/// Reads `scores`; nothing when the blob is of another shape.
[[nodiscard]] std::optional<stored_scores>
decode_scores(const scoring_plan& plan, std::string_view blob);

} // namespace troupe::scoring
