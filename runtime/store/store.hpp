#pragma once

#include "messages/protobuf_messages.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/store_error.hpp"
#include "runtime/store/store_options.hpp"

#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/typed_actor.hpp>

namespace troupe::runtime {

/// The only writer of a store. Transactions that arrive while a sync runs are
/// committed together by the next one (group commit, no timer). Errors are of
/// `store_error`. On exit it commits what it has accepted, answers everybody
/// and frees the file before its monitors hear of it.
using store_actor = caf::typed_actor<
  // Applies a transaction; answered once it is on disk.
  caf::replies_to<messages::CommitTransaction,
                  messages::column_block>::with<messages::TransactionCommitted>,
  // Tells how the store is doing.
  caf::replies_to<messages::GetStoreStatus>::with<messages::StoreStatus>>;

/// Opens (creating and migrating as needed) and locks the store, then spawns
/// its writer on a thread of its own. Errors: `unavailable` when another
/// process owns it (named in the message), when it is read-only or the disk is
/// full; `invalid_input` when the file is not a store or is newer than we are.
[[nodiscard]] outcome<store_actor> spawn_store(caf::actor_system& system,
                                               store_options options,
                                               const migration_list& schema);

/// The error that carries this failure to its sender.
[[nodiscard]] caf::error to_error(const store_failure& failure);

} // namespace troupe::runtime

CAF_ERROR_CODE_ENUM(troupe::runtime::store_error, "store")
