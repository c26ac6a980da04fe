#pragma once

#include "actors/scoring/hierarchy.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// The items of a whole stored run with their parents and sums. Columns have an
/// entry per row of its source.
struct stored_hierarchy {
  stored_run run;
  /// Ids, titles and what `hierarchy_of` takes.
  item_batch items;
  std::vector<double> totals;
  std::vector<std::uint32_t> ranks; ///< Overall, from 1.
  hierarchy links;
};

/// Of a run named as in `find_whole_run`. `not_found` when it was stored by a
/// version that kept no parents; `failed` when a row is damaged.
[[nodiscard]] runtime::outcome<stored_hierarchy>
load_hierarchy(scoring_history& history, std::string_view run);

/// The row of an item; `not_found` with the most similar id.
[[nodiscard]] runtime::outcome<std::uint32_t>
find_row(scoring_history& history, const stored_hierarchy& in,
         const std::string& item);

} // namespace troupe::scoring
