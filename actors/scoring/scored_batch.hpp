#pragma once

#include "actors/scoring/scoring_blocks.hpp"
#include "messages/column_block.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::scoring {

/// Items with all that is known of them after a run: one batch of a result.
struct scored_batch {
  /// Row of the first item in the portfolio, from 0.
  std::size_t first_row = 0;
  item_block items;
  strategic_block strategic;
  total_block totals;
  messages::column overall_ranks; ///< Counts from 1.
  /// Counts from 1, or empty when only the overall ranks were asked for.
  messages::column financial_ranks;
  messages::column strategic_ranks;

  [[nodiscard]] std::size_t rows() const noexcept {
    return items.rows;
  }

  /// The item's id; its row in the portfolio where the source has no ids.
  [[nodiscard]] std::string id(std::size_t row) const;
};

[[nodiscard]] messages::column_block pack(const scored_batch& batch);

[[nodiscard]] std::optional<scored_batch>
unpack_scored(const messages::column_block& block);

/// A whole result as one block, batches in the order of their rows.
[[nodiscard]] messages::column_block
pack(const std::vector<scored_batch>& batches);

[[nodiscard]] std::optional<std::vector<scored_batch>>
unpack_result(const messages::column_block& block);

} // namespace troupe::scoring
