#include "actors/simulation/year_processor.hpp"

#include "runtime/problem_message.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <exception>
#include <utility>

namespace troupe::simulation {

using messages::SimulationTask;

namespace {

struct year_processor_state {
  static constexpr auto name = "year_processor"; // Shown in logs.

  year_work work;
};

using year_processor_pointer
  = year_processor_actor::stateful_pointer<year_processor_state>;

/// Does the task; whatever the code below throws is the task's failure.
runtime::outcome<year_work::finished>
perform(year_processor_pointer self, const SimulationTask& task,
        const messages::column_block& block,
        messages::SimulationTaskFailure& failure) {
  failure.set_task(task.task());
  failure.set_attempt(task.attempt());
  try {
    auto done = self->state.work.perform(task, block);
    if (!done)
      *failure.mutable_input()
        = runtime::to_problem_message<messages::ProblemReport>(done.error());
    return done;
  } catch (const std::exception& error) {
    failure.set_reason(error.what());
    return runtime::fail(runtime::problem_kind::failed, error.what());
  }
}

void do_task(year_processor_pointer self, const year_tasks_actor& tasks,
             const SimulationTask& task, const messages::column_block& block) {
  auto failure = messages::SimulationTaskFailure{};
  auto done = perform(self, task, block, failure);
  if (done)
    self->send(tasks, std::move(done->result), std::move(done->block));
  else
    self->send(tasks, std::move(failure));
  self->send(tasks, messages::GetSimulationTask{});
}

year_processor_actor::behavior_type
year_processor(year_processor_pointer self, const year_tasks_actor& tasks,
               const year_processor_options& options) {
  self->state.work = year_work{options.before_task};
  self->monitor(tasks);
  self->set_down_handler([=](caf::down_msg&) { self->quit(); });
  for (std::uint32_t i = 0; i < options.credit; ++i)
    self->send(tasks, messages::GetSimulationTask{});
  return {
    [=](const SimulationTask& task, const messages::column_block& block) {
      do_task(self, tasks, task, block);
    },
  };
}

} // namespace

year_processor_actor spawn_year_processor(caf::actor_system& system,
                                          const year_tasks_actor& tasks,
                                          year_processor_options options) {
  return system.spawn(year_processor, tasks, std::move(options));
}

} // namespace troupe::simulation
