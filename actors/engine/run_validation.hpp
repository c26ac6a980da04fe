#pragma once

#include "messages/engine.pb.h"
#include "messages/protobuf_messages.hpp"

#include <caf/typed_actor.hpp>

#include <string>

namespace troupe::engine {

/// The second pilot: reads what is stored of a run and says what speaks against
/// calling it completed (run_validator.hpp). Has a thread of its own.
using run_validation_actor = caf::typed_actor<
  // Errors: those of reading the store.
  caf::replies_to<messages::ValidateRun>::with<messages::RunVerdict>>;

[[nodiscard]] run_validation_actor
spawn_run_validation(caf::actor_system& system, std::string store_path);

} // namespace troupe::engine
