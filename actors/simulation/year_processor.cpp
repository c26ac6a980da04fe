#include "actors/simulation/year_processor.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>
#include <variant>

namespace troupe::simulation {

using messages::SimulationTask;

namespace {

struct year_processor_state {
  static constexpr auto name = "year_processor"; // Shown in logs.

  year_work work;
};

using year_processor_pointer
  = year_processor_actor::stateful_pointer<year_processor_state>;

void do_task(year_processor_pointer self, const year_tasks_actor& tasks,
             const SimulationTask& task, const messages::column_block& block) {
  auto answer = self->state.work.try_perform(task, block);
  if (auto* done = std::get_if<year_work::finished>(&answer))
    self->send(tasks, std::move(done->result), std::move(done->block));
  else
    self->send(tasks, std::get<messages::SimulationTaskFailure>(answer));
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
