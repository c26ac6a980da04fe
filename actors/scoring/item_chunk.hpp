#pragma once

#include "messages/column_block.hpp"
#include "messages/scoring.pb.h"
#include "runtime/problem.hpp"
#include "runtime/tabular/byte_source.hpp"
#include "runtime/tabular/record_splitter.hpp"

#include <cstdint>

namespace troupe::scoring {

/// What a chunk is, beside its text; without progress.
[[nodiscard]] messages::ItemChunk head_of(const runtime::record_chunk& chunk,
                                          bool can_be_read_again);

/// The text of a chunk that was given before, and padding behind it; shorter if
/// the source is by now.
[[nodiscard]] runtime::outcome<messages::column_block>
read_again(const runtime::byte_ranges& ranges,
           const messages::ItemChunk& chunk);

/// Of a chunk's text: the first bytes of its column, or of what there is.
[[nodiscard]] std::uint64_t digest_of_text(const messages::column_block& block,
                                           std::uint64_t size);

} // namespace troupe::scoring
