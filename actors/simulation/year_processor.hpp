#pragma once

#include "actors/simulation/year_work.hpp"
#include "messages/protobuf_messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>

namespace troupe::simulation {

/// Does tasks of a simulation, one after another.
using year_processor_actor = caf::typed_actor<
  // A task the processor has pulled, with its block.
  caf::reacts_to<messages::SimulationTask, messages::column_block>>;

/// Gives tasks to processors that pull.
using year_tasks_actor = caf::typed_actor<
  // The sender, a year_processor_actor, has room for more tasks.
  caf::reacts_to<messages::GetSimulationTask>,
  // The sender is done with a task.
  caf::reacts_to<messages::SimulationTaskResult, messages::column_block>,
  // The sender could not do a task.
  caf::reacts_to<messages::SimulationTaskFailure>>;

/// Is told of a run when that begins, and may let processors of its own pull
/// from it; these end with it. Called on an actor's thread: must not block.
using more_year_processors = std::function<void(const year_tasks_actor&)>;

struct year_processor_options {
  /// Tasks on their way to the processor at most: one to do, the rest to come.
  std::uint32_t credit = 2;
  /// Called before each task, with what it is about. For tests: a
  /// std::exception fails the task, anything else thrown ends the processor.
  year_hook before_task;
};

/// Begins to pull at once, and ends when `tasks` does.
year_processor_actor spawn_year_processor(caf::actor_system& system,
                                          const year_tasks_actor& tasks,
                                          year_processor_options options);

} // namespace troupe::simulation
