#pragma once

#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/score_batch.hpp"
#include "messages/column_block.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace troupe::scoring {

// How the batches of the pure code travel in column blocks. Packing moves the
// columns, unpacking borrows them: neither copies a value. A block from another
// node is checked where it is unpacked; nothing means it contradicts itself.

/// Items as a block, every column by name.
struct item_block {
  std::size_t rows = 0;
  /// No ids: items are numbered by their row in the portfolio, from 0.
  bool has_ids = false;
  messages::column ids;
  messages::column titles; ///< Texts, or empty.
  messages::column digests; ///< Integers, or empty.
  messages::column has_financials;
  std::vector<messages::column> values;
  std::vector<messages::column> financials;
  /// parents, types, states, story points, complexities, risks; or none.
  std::vector<messages::column> details;

  [[nodiscard]] item_view view() const;
};

[[nodiscard]] messages::column_block pack(item_batch&& batch);

[[nodiscard]] messages::column_block pack(const item_block& block);

[[nodiscard]] std::optional<item_block>
unpack_items(const messages::column_block& block);

/// Rows [first, first + count), sharing the values.
[[nodiscard]] item_block slice(const item_block& items, std::size_t first,
                               std::size_t count);

/// The given rows of one block, copied.
[[nodiscard]] item_block gather(const item_block& items,
                                std::span<const std::uint32_t> rows);

/// Strategic scores as a block.
struct strategic_block {
  std::size_t rows = 0;
  messages::column raw;
  messages::column completeness; ///< Empty: complete.
  std::vector<messages::column> categories;
  std::vector<messages::column> values; ///< None unless kept.
};

[[nodiscard]] messages::column_block pack(strategic_batch&& batch);

[[nodiscard]] std::optional<strategic_block>
unpack_strategic(const messages::column_block& block);

/// The columns that `combine` reads: raw and completeness, copied.
[[nodiscard]] strategic_batch scores_of(const strategic_block& block);

/// Totals as a block.
struct total_block {
  std::size_t rows = 0;
  messages::column strategic;
  messages::column financial;
  messages::column financial_normalised;
  messages::column penalty; ///< Empty: none.
  messages::column total;
};

[[nodiscard]] messages::column_block pack(total_batch&& batch);

/// The totals of packed scores of which `is_total_strategic` is true, sharing
/// their values.
[[nodiscard]] messages::column_block
totals_of_strategic(const messages::column_block& strategic);

[[nodiscard]] std::optional<total_block>
unpack_totals(const messages::column_block& block);

/// Two blocks as one, `second` behind `first`; and apart again at `size`
/// columns.
[[nodiscard]] messages::column_block join(const messages::column_block& first,
                                          const messages::column_block& second);

[[nodiscard]] messages::column_block part(const messages::column_block& block,
                                          std::size_t first, std::size_t size);

} // namespace troupe::scoring
