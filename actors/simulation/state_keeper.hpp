#pragma once

#include "messages/protobuf_messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <string>

namespace troupe::simulation {

/// Reads the people of a run from its store, on a thread of its own.
using state_keeper_actor = caf::typed_actor<
  // The people with the keys of the one column, which ascend. Errors are
  // problems: those of the store, and `failed` if not all of them are there.
  caf::replies_to<messages::GetPeopleBlock, messages::column_block>::with<
    messages::PeopleBlock, messages::column_block>>;

struct state_keeper_options {
  std::string store; ///< Its file.
  std::string run; ///< Its id.
};

/// Opens the store when it is first asked.
state_keeper_actor spawn_state_keeper(caf::actor_system& system,
                                      state_keeper_options options);

} // namespace troupe::simulation
