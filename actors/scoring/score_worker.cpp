#include "actors/scoring/score_worker.hpp"

#include "actors/scoring/scoring_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <exception>
#include <utility>

namespace troupe::scoring {

namespace {

struct score_worker_state {
  static constexpr auto name = "score_worker"; // Shown in logs.

  stage_work work;
};

using score_worker_pointer
  = score_worker_actor::stateful_pointer<score_worker_state>;

messages::ScoringTaskFailure failure_of(const messages::ScoringTask& task) {
  auto failure = messages::ScoringTaskFailure{};
  failure.set_task(task.task());
  failure.set_attempt(task.attempt());
  return failure;
}

/// Does the task; whatever the code below throws is the task's failure.
runtime::outcome<stage_work::finished>
perform(score_worker_pointer self, const messages::ScoringTask& task,
        const messages::column_block& block,
        messages::ScoringTaskFailure& failure) {
  try {
    auto done = self->state.work.perform(task, block);
    if (!done)
      *failure.mutable_input() = to_message(done.error());
    return done;
  } catch (const std::exception& error) {
    failure.set_reason(error.what());
    return runtime::fail(runtime::problem_kind::failed, error.what());
  }
}

void do_task(score_worker_pointer self, const scoring_tasks_actor& tasks,
             const messages::ScoringTask& task,
             const messages::column_block& block) {
  auto failure = failure_of(task);
  auto done = perform(self, task, block, failure);
  if (done)
    self->send(tasks, std::move(done->result), std::move(done->block));
  else
    self->send(tasks, std::move(failure));
  self->send(tasks, messages::GetScoringTask{});
}

score_worker_actor::behavior_type
score_worker(score_worker_pointer self, const scoring_tasks_actor& tasks,
             const score_worker_options& options) {
  self->state.work = stage_work{options.before_task};
  self->monitor(tasks);
  self->set_down_handler([=](caf::down_msg&) { self->quit(); });
  for (std::uint32_t i = 0; i < options.credit; ++i)
    self->send(tasks, messages::GetScoringTask{});
  return {
    [=](const messages::ScoringTask& task,
        const messages::column_block& block) {
      do_task(self, tasks, task, block);
    },
  };
}

} // namespace

score_worker_actor spawn_score_worker(caf::actor_system& system,
                                      const scoring_tasks_actor& tasks,
                                      score_worker_options options) {
  return system.spawn(score_worker, tasks, std::move(options));
}

} // namespace troupe::scoring
