#pragma once

#include "actors/scoring/explanation.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "messages/column_block.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// The numbers of one stored item: with the plan and the scales of its run, all
/// that an explanation needs.
struct stored_scores {
  item_scores item;
  /// Contribution per category, as in `strategic_batch`.
  std::vector<double> categories;
  double raw = 0.0; ///< Strategic score before the portfolio-wide factor.
  double completeness = 1.0;
  /// The item has a financial record.
  bool has_financials = false;
};

/// Column `scores` of the store, a blob per row. Little-endian doubles: a value
/// per criterion, a contribution per category, raw, completeness, strategic,
/// financial, financial_normalised, penalty, total; then a byte, the basis; and
/// only for items with a financial record the scores of npv, roi, copq and
/// delay and the trust in them. Requires a batch with values.
[[nodiscard]] messages::column encode_scores(const scored_batch& batch);

/// Reads one of these blobs; nothing when it is of another shape.
[[nodiscard]] std::optional<stored_scores>
decode_scores(const scoring_plan& plan, std::string_view blob);

} // namespace troupe::scoring
