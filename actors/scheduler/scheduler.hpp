#pragma once

#include "messages/engine.pb.h"
#include "messages/schedule_call.pb.h"
#include "runtime/clock.hpp"
#include "runtime/store/store.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace troupe::scheduler {

/// Whoever runs workflows: the engine.
using run_starter_actor = caf::typed_actor<
  caf::replies_to<messages::SubmitRuns>::with<messages::RunsAccepted>,
  caf::replies_to<messages::ChangeRun>::with<messages::RunChanged>,
  caf::replies_to<messages::AwaitRun>::with<messages::RunResult>>;

/// Owns the schedules of a store: decides what is due, stores that, and only
/// then starts runs, each under its fire key; so none is lost and none doubled,
/// whenever it ends. It reads the store itself, hence it has a thread of its
/// own. It ends when the engine or the store does, to be started again.
using scheduler_actor = caf::typed_actor<
  // Makes a schedule known, or replaces the one of its id.
  caf::replies_to<messages::AddSchedule>::with<messages::ScheduleAnswer>,
  // Pauses, resumes, triggers, backfills, removes.
  caf::replies_to<messages::ChangeSchedule>::with<messages::ScheduleAnswer>>;

struct scheduler_options {
  /// The file that `store` writes.
  std::string store_path;
  /// Must outlive the actor.
  const runtime::clock* time = nullptr;
  std::size_t schedules_max = 100'000;
  /// How long before its time a start is decided, where that is possible, so
  /// that its run is stored by then.
  std::chrono::milliseconds ahead{700};
  /// Whether a run was ever started under that key; asked by backfills.
  std::function<bool(const std::string& key)> has_fired;
  std::chrono::milliseconds store_timeout{60'000};
  std::chrono::milliseconds engine_timeout{60'000};
  /// How long it waits before it asks an engine again that had no room.
  std::chrono::milliseconds retry_after{1'000};
};

[[nodiscard]] scheduler_actor spawn_scheduler(caf::actor_system& system,
                                              runtime::store_actor store,
                                              run_starter_actor engine,
                                              scheduler_options options);

} // namespace troupe::scheduler
