#include "actors/scoring/score_worker.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>
#include <variant>

namespace troupe::scoring {

namespace {

struct score_worker_state {
  static constexpr auto name = "score_worker"; // Shown in logs.

  stage_work work;
};

using score_worker_pointer
  = score_worker_actor::stateful_pointer<score_worker_state>;

void do_task(score_worker_pointer self, const scoring_tasks_actor& tasks,
             const messages::ScoringTask& task,
             const messages::column_block& block) {
  auto answer = self->state.work.try_perform(task, block);
  if (auto* done = std::get_if<stage_work::finished>(&answer))
    self->send(tasks, std::move(done->result), std::move(done->block));
  else
    self->send(tasks, std::get<messages::ScoringTaskFailure>(answer));
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
