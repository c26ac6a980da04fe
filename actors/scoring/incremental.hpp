#pragma once

#include "actors/scoring/earlier_run.hpp"
#include "actors/scoring/scoring_blocks.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace troupe::scoring {

/// What makes the scores of all items differ, although most items did not
/// change: "the maximum of bv_revenue_impact rose from 10 to 12". Empty: scores
/// depend on nothing that changed. Only what the plan's methods read counts;
/// the strategic factor of compat does not, as that step is always done again.
[[nodiscard]] std::string scale_change(const scoring_plan& plan,
                                       const scoring_scales& before,
                                       const scoring_scales& now);

/// Which rows of a batch have to be scored.
struct changed_rows {
  std::vector<std::uint32_t> rows; ///< Ascending: changed and new ones.
  std::size_t added = 0; ///< How many of them are new.
};

/// By id and digest; all rows where the items have none. `first_row`: of the
/// batch in the portfolio.
[[nodiscard]] changed_rows find_changed(const earlier_run& before,
                                        const item_block& items,
                                        std::size_t first_row);

/// "3 of 1,000 items changed, 1 is new, 2 are gone".
[[nodiscard]] std::string describe_changes(std::size_t changed,
                                           std::size_t added, std::size_t gone,
                                           std::size_t rows);

/// A batch of which only some rows were scored.
struct partly_scored {
  const item_block& items;
  /// Of the batch in the portfolio.
  std::size_t first_row = 0;
  std::span<const std::uint32_t> changed; ///< As `find_changed` found them.
  rule_set rules = rule_set::standard;
  /// Values of the criteria are wanted.
  bool with_values = true;
};

/// The scores of a whole batch.
struct merged_scores {
  messages::column_block strategic;
  messages::column_block totals; ///< Empty under compat.
  double strategic_max = 0.0;
};

/// The scores of the changed rows from `scored` and `totals` (empty when none
/// changed), those of the others from the earlier run. Nothing when the sizes
/// do not fit.
[[nodiscard]] std::optional<merged_scores>
merge_scores(const earlier_run& before, const partly_scored& batch,
             const strategic_block& scored, const total_block& totals);

} // namespace troupe::scoring
