#pragma once

#include "actors/scoring/explanation.hpp"
#include "actors/scoring/scored_batch.hpp"

#include <cstddef>
#include <vector>

namespace troupe::scoring {

/// Where an item is in a result.
struct item_place {
  std::size_t batch = 0;
  std::size_t row = 0;
};

/// The places of the `count` items with the best overall ranks, best first.
[[nodiscard]] std::vector<item_place>
best_items(const std::vector<scored_batch>& result, std::size_t count);

/// All that an explanation needs of one item of a result (with details).
[[nodiscard]] item_scores scores_at(const scored_batch& batch, std::size_t row);

} // namespace troupe::scoring
