#pragma once

#include "runtime/store/store.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace troupe::tests {

/// A store that dies of the first thing it is to store, and answers nobody.
inline runtime::store_actor spawn_mortal_store(caf::actor_system& system) {
  return system.spawn([](runtime::store_actor::pointer self)
                        -> runtime::store_actor::behavior_type {
    return {
      [=](const messages::CommitTransaction&, const messages::column_block&)
        -> caf::result<messages::TransactionCommitted> {
        self->quit(caf::exit_reason::user_shutdown);
        return self->make_response_promise<messages::TransactionCommitted>();
      },
      [](const messages::GetStoreStatus&) { return messages::StoreStatus{}; },
    };
  });
}

} // namespace troupe::tests
