#pragma once

#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/scales.hpp"
#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// A whole portfolio as the store has it: what a later run builds on. Rows are
/// those of that run; all columns have `rows()` entries.
struct earlier_run {
  std::string run; ///< UUIDv7.
  scoring_scales scales;
  text_list ids;
  std::vector<std::int64_t> digests;
  /// With values, and with completeness for all rows.
  strategic_batch strategic;
  /// With the penalty for all rows.
  total_batch totals;
  /// Rows in ascending order of their ids.
  std::vector<std::uint32_t> by_id;

  [[nodiscard]] std::size_t rows() const noexcept {
    return ids.size();
  }

  [[nodiscard]] std::string_view id(std::size_t row) const;

  /// The row of an item. `hint`: where it probably is.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view item_id,
                                                std::size_t hint = 0) const;
};

/// Fills `by_id`.
void index_by_id(earlier_run& run);

/// An earlier run, or why there is none.
struct earlier_search {
  std::shared_ptr<const earlier_run> found;
  std::string why_not;
};

/// Reads the newest full, batch or incremental run that was scored with this
/// very configuration. Blocks on the disk. A store without such a run is no
/// problem; one that cannot be read is. `base` names the run instead, as in
/// `scoring_history::find_run`: `not_found` when there is none of that name,
/// `invalid_input` when it was scored in real time or otherwise configured.
[[nodiscard]] runtime::outcome<earlier_search>
find_earlier_run(const std::string& store, const scoring_plan& plan,
                 std::uint64_t configuration_digest,
                 const std::string& base = {});

} // namespace troupe::scoring
