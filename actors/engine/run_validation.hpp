#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "messages/engine.pb.h"
#include "messages/protobuf_messages.hpp"

#include <caf/typed_actor.hpp>

#include <string>

namespace troupe::engine {

/// The second pilot: reads what is stored of a run and says what speaks against
/// calling it completed (run_validator.hpp); `unknown` if it cannot be read.
/// Blocks on the disk.
[[nodiscard]] messages::RunVerdict judge(recorded_runs& stored,
                                         const messages::ValidateRun& question);

/// The same on a thread of its own, for many runs or long ones.
using run_validation_actor = caf::typed_actor<
  // One verdict for each question.
  caf::replies_to<messages::ValidateRuns>::with<messages::RunVerdicts>>;

[[nodiscard]] run_validation_actor
spawn_run_validation(caf::actor_system& system, std::string store_path);

} // namespace troupe::engine
