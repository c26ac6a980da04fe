#pragma once

#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "messages/column_block.hpp"

#include <string_view>

namespace troupe::scoring {

/// Column `details` of the store, a blob per row with what the hierarchy needs;
/// empty where an item has none of it. A byte with its type (low half) and
/// state (high half); a byte with bits 0, 1, 2 for story points, complexity and
/// risk; of these, those that are known, as little-endian doubles; the id of
/// the parent.
[[nodiscard]] messages::column encode_details(const scored_batch& batch);

/// Appends what one of these blobs says to the columns of a hierarchy: parents,
/// types, states, story points, complexities, risks. False, with nothing
/// appended: it is of another shape.
[[nodiscard]] bool append_details(std::string_view blob, item_batch& to);

} // namespace troupe::scoring
