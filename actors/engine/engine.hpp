#pragma once

#include "actors/engine/activity_host.hpp"
#include "actors/engine/load_limits.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/run_validation.hpp"
#include "messages/engine.pb.h"
#include "messages/guards.pb.h"
#include "messages/queue_call.pb.h"
#include "runtime/clock.hpp"
#include "runtime/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace troupe::engine {

/// Owns the runs of a store: decides, stores, and only then tells. Activity
/// hosts pull from it. When it cannot store it ends with that error; started
/// anew, it goes on from the store. It reads the store itself, hence it has a
/// thread of its own.
using engine_actor = activity_source_actor::extend<
  // Starts a run.
  caf::replies_to<messages::SubmitRun>::with<messages::RunAccepted>,
  // The same for many.
  caf::replies_to<messages::SubmitRuns>::with<messages::RunsAccepted>,
  // Makes a workflow known by its id.
  caf::replies_to<messages::ApplyWorkflow>::with<messages::WorkflowApplied>,
  // Pauses, resumes, cancels, signals, retries.
  caf::replies_to<messages::ChangeRun>::with<messages::RunChanged>,
  // Waits for the end of a run.
  caf::replies_to<messages::AwaitRun>::with<messages::RunResult>,
  // Shows how far a run is.
  caf::replies_to<messages::GetRunProgress>::with<messages::RunProgress>,
  // Shows how much there is to do.
  caf::replies_to<messages::GetEngineStatus>::with<messages::EngineStatus>,
  // Shows what the guards of steps let through.
  caf::replies_to<messages::GetGuards>::with<messages::GuardStates>,
  // Closes the circuit of one.
  caf::replies_to<messages::ResetGuard>::with<messages::GuardStates>,
  // Shows what waits, and why.
  caf::replies_to<messages::GetQueue>::with<messages::QueueReport>,
  // Lets nothing new begin, or goes on.
  caf::replies_to<messages::ChangeQueue>::with<messages::QueueChanged>>;

struct engine_options {
  /// The file that `store` writes.
  std::string store_path;
  run_ledger_options ledger;
  /// Beyond them nothing new begins.
  load_limits load;
  /// Reads how busy the machine is; called once a second at most.
  std::function<runtime::outcome<runtime::host_load>()> read_load;
  /// Must outlive the actor.
  const runtime::clock* time = nullptr;
  std::function<std::uint64_t()> draw; ///< Uniform over its type.
  std::function<std::string()> new_id; ///< Of a run.
  /// How long the store may take; then the engine ends.
  std::chrono::milliseconds store_timeout{60'000};
  /// How long the validator may take; a run without a verdict is asked about
  /// again.
  std::chrono::milliseconds validation_timeout{60'000};
};

/// Claims the next epoch, then takes over what is in the store.
[[nodiscard]] engine_actor spawn_engine(caf::actor_system& system,
                                        const runtime::store_actor& store,
                                        const run_validation_actor& validator,
                                        engine_options options);

} // namespace troupe::engine
