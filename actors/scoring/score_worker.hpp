#pragma once

#include "actors/scoring/stage_work.hpp"
#include "messages/protobuf_messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>

namespace troupe::scoring {

/// Does tasks of a run, one after another.
using score_worker_actor = caf::typed_actor<
  // A task the worker has pulled, with its block.
  caf::reacts_to<messages::ScoringTask, messages::column_block>>;

/// Gives tasks to workers that pull.
using scoring_tasks_actor = caf::typed_actor<
  // The sender, a score_worker_actor, has room for more tasks.
  caf::reacts_to<messages::GetScoringTask>,
  // The sender is done with a task.
  caf::reacts_to<messages::ScoringTaskResult, messages::column_block>,
  // The sender could not do a task.
  caf::reacts_to<messages::ScoringTaskFailure>>;

/// Is told of a run when that begins, and may let workers of its own pull from
/// it; these end with it. Called on an actor's thread: must not block.
using more_score_workers = std::function<void(const scoring_tasks_actor&)>;

struct score_worker_options {
  /// Tasks on their way to the worker at most: one to do, the rest to come.
  std::uint32_t credit = 2;
  /// Called before each task, with what it is about. For tests: a
  /// std::exception fails the task, anything else thrown ends the worker.
  stage_hook before_task;
};

/// Begins to pull at once, and ends when `tasks` does.
score_worker_actor spawn_score_worker(caf::actor_system& system,
                                      const scoring_tasks_actor& tasks,
                                      score_worker_options options);

} // namespace troupe::scoring
