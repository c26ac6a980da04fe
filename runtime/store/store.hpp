#pragma once

#include "messages/protobuf_messages.hpp"
#include "runtime/store/migrations.hpp"

#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::runtime {

/// The only writer of a store. Transactions that arrive while a sync runs are
/// committed together by the next one (group commit, no timer).
using store_actor = caf::typed_actor<
  // Applies a transaction; answered once it is on disk.
  caf::replies_to<messages::CommitTransaction,
                  messages::column_block>::with<messages::TransactionCommitted>,
  // Tells how the store is doing.
  caf::replies_to<messages::GetStoreStatus>::with<messages::StoreStatus>>;

struct store_options {
  /// The database file; its folder must exist. ":memory:" keeps nothing.
  std::string path;
  /// Transactions waiting at most; beyond that they are refused (`overloaded`).
  std::size_t queue_max = 10'000;
  /// Page cache of the writer, in bytes.
  std::size_t cache_bytes = 8u << 20;
};

/// Opens (creating and migrating as needed) and locks the store, then spawns
/// its writer on a thread of its own. Errors: `unavailable` when another
/// process owns it (named in the message), when it is read-only or the disk is
/// full; `invalid_input` when the file is not a store or is newer than we are.
[[nodiscard]] outcome<store_actor> spawn_store(caf::actor_system& system,
                                               store_options options,
                                               const migration_list& schema);

} // namespace troupe::runtime
