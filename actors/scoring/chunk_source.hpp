#pragma once

#include "messages/protobuf_messages.hpp"
#include "runtime/problem.hpp"
#include "runtime/tabular/byte_source.hpp"
#include "runtime/tabular/record_splitter.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <optional>

namespace troupe::scoring {

/// Reads a source in chunks of whole records, on a thread of its own.
using chunk_source_actor = caf::typed_actor<
  // The next chunk, or an earlier one once more, as one column of bytes; errors
  // are problems.
  caf::replies_to<messages::GetItemChunk>::with<messages::ItemChunk,
                                                messages::column_block>>;

/// `size_bytes`: of the whole source, if known, for progress. Without `ranges`
/// no chunk is given twice.
chunk_source_actor
spawn_chunk_source(caf::actor_system& system, runtime::record_splitter splitter,
                   std::optional<std::uint64_t> size_bytes,
                   std::optional<runtime::byte_ranges> ranges = {});

} // namespace troupe::scoring
