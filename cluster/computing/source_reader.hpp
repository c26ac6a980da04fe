#pragma once

#include "messages/protobuf_messages.hpp"
#include "runtime/problem.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>

namespace troupe::cluster {

/// A piece of a file that another node named.
struct read_source {
  std::string path;
  std::uint64_t first_byte = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0; ///< XXH3 of what the other node sees there.
};

/// One column of bytes, with padding behind them for parsers. Errors:
/// `not_found` if this node has no such file, or none that may be read,
/// `conflict` if something else is in it, `invalid_input` for more than 64 MiB.
[[nodiscard]] runtime::outcome<messages::column_block>
read_text(const read_source& what);

/// Reads files that this node shares with others, on a thread of its own. Each
/// is opened anew: it may be another one by then, and nothing is kept of a
/// file that others have deleted.
using source_reader_actor = caf::typed_actor<
  caf::replies_to<read_source>::with<messages::column_block>>;

[[nodiscard]] source_reader_actor
spawn_source_reader(caf::actor_system& system);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::read_source)
