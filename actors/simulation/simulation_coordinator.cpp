#include "actors/simulation/simulation_coordinator.hpp"

#include "actors/simulation/projection_batch.hpp"
#include "actors/simulation/year_totals_json.hpp"
#include "actors/simulation/year_totals_message.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/crash_point.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/pulling_workers.hpp"
#include "runtime/supervision/supervisor.hpp"
#include "runtime/thrown_problem.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace troupe::simulation {

using namespace std::chrono_literals;

using messages::column_block;
using messages::Projections;
using messages::SimulationSummary;

namespace {

struct simulation_coordinator_state {
  static constexpr auto name = "simulation_coordinator"; // Shown in logs.

  simulation_coordinator_options options;
  std::unique_ptr<simulation_tasks> tasks;
  /// What `tasks` is, one of them.
  simulation_run* run = nullptr;
  projection_batch* batch = nullptr;
  runtime::supervisor_actor processors;
  runtime::pulling_workers<year_processor_actor> pulling;
  caf::typed_response_promise<SimulationSummary> run_reply;
  caf::typed_response_promise<Projections> batch_reply;
  std::size_t workers = 1;
  bool concluding = false;
  bool is_looking = false; ///< For stragglers.
  bool cancelled = false; ///< Before there was anything to cancel.

  [[nodiscard]] bool is_asked() const {
    return run_reply.pending() || batch_reply.pending();
  }
};

/// It looks for stragglers each time.
using private_coordinator
  = simulation_coordinator_actor::extend<caf::reacts_to<caf::tick_atom>>;
using pointer
  = private_coordinator::stateful_pointer<simulation_coordinator_state>;

/// Everything ends with the run, whichever way that ends.
void stop(pointer self) {
  auto& state = self->state;
  const auto reason = caf::exit_reason::user_shutdown;
  if (state.processors)
    self->send_exit(state.processors, reason);
  if (state.options.writer)
    self->send_exit(state.options.writer, reason);
  if (state.options.storage.keeper)
    self->send_exit(state.options.storage.keeper, reason);
  self->quit();
}

void give_up(pointer self, const caf::error& reason) {
  if (self->state.run_reply.pending())
    self->state.run_reply.deliver(reason);
  if (self->state.batch_reply.pending())
    self->state.batch_reply.deliver(reason);
  stop(self);
}

void give_up(pointer self, const runtime::problem& reason) {
  give_up(self, runtime::to_error(reason));
}

/// Smaller blocks would help nobody here: whoever reads this has to look at the
/// store.
void give_up_storing(pointer self, const caf::error& reason) {
  auto problem = runtime::to_problem(reason);
  if (problem.kind == runtime::problem_kind::conflict) {
    problem.message
      = "the run is not ours to store any more (" + problem.message + ')';
    problem.hint = "whoever has taken it over: troupe simulate runs";
  }
  if (problem.file.empty())
    problem.file = self->state.options.storage.file;
  give_up(self, problem);
}

void pump(pointer self);

/// Goes on after something was told to the run.
void go_on(pointer self, const runtime::outcome<void>& told) {
  if (!told)
    give_up(self, told.error());
  else
    pump(self);
}

void give_tasks(pointer self) {
  auto& state = self->state;
  state.pulling.give(
    [&state](std::uint64_t processor, runtime::worker_place place) {
      return state.tasks->take(processor, place);
    },
    [self](const year_processor_actor& processor, auto offer) {
      self->send(processor, std::move(offer.task), std::move(offer.block));
    },
    self->clock().now());
}

void write_output(pointer self) {
  auto& state = self->state;
  auto output = state.run->take_output();
  if (!output)
    return;
  auto request = messages::WriteOutput{};
  request.set_file(output->file);
  self
    ->request(state.options.writer, state.options.writer_timeout,
              std::move(request), std::move(output->text))
    .then(
      [=](const messages::OutputWritten&) {
        go_on(self, self->state.run->output_written());
      },
      [=](caf::error& reason) { give_up(self, reason); });
}

void load_people(pointer self) {
  auto& state = self->state;
  while (auto wanted = state.run->take_load()) {
    auto request = messages::GetPeopleBlock{};
    request.set_year(wanted->year);
    request.set_block(wanted->block);
    self
      ->request(state.options.storage.keeper, state.options.load_timeout,
                std::move(request), column_block{{std::move(wanted->keys)}})
      .then(
        [=, block = wanted->block](const messages::PeopleBlock&,
                                   const column_block& people) {
          go_on(self, self->state.run->loaded(block, people));
        },
        [=](caf::error& reason) {
          go_on(self,
                self->state.run->load_failed(runtime::to_problem(reason)));
        });
  }
}

void store_blocks(pointer self) {
  auto& state = self->state;
  auto commit = state.run->take_commit();
  if (!commit)
    return;
  auto request = state.options.storage.record(*commit);
  runtime::crash_point("simulation.storing");
  self
    ->request(state.options.storage.store, state.options.store_timeout,
              std::move(request.transaction), std::move(request.rows))
    .then(
      [=](const messages::TransactionCommitted&) {
        runtime::crash_point("simulation.stored");
        go_on(self, self->state.run->committed());
      },
      [=](caf::error& reason) { give_up_storing(self, reason); });
}

void report_progress(pointer self) {
  const auto& state = self->state;
  if (!state.options.progress)
    return;
  auto& progress = *state.options.progress;
  if (state.run != nullptr) {
    progress.share = state.run->progress();
    progress.year = state.run->year();
    progress.years_over = state.run->years().size();
    progress.blocks_spilled = state.run->blocks_spilled();
  } else {
    progress.share = state.batch->progress();
  }
}

// -- the end of a run --------------------------------------------------------

void deliver(pointer self) {
  auto& state = self->state;
  const auto summary = state.run->summary();
  runtime::log_info("simulation", "run completed",
                    {{"years", summary.years_size()},
                     {"retries", summary.retries()},
                     {"csv_bytes", summary.csv_bytes()},
                     {"packed_bytes", summary.packed_bytes()}});
  state.run_reply.deliver(summary);
  stop(self);
}

void publish(pointer self) {
  self
    ->request(self->state.options.writer, self->state.options.writer_timeout,
              messages::PublishOutputs{})
    .then([=](const messages::OutputsPublished&) { deliver(self); },
          [=](caf::error& reason) { give_up(self, reason); });
}

/// Writes the small files, one after the other, then gives all their names.
void write_texts(pointer self,
                 std::vector<std::pair<std::string, std::string>> texts) {
  if (texts.empty()) {
    publish(self);
    return;
  }
  auto request = messages::WriteOutput{};
  request.set_file(texts.back().first);
  auto columns = std::vector<messages::column>{};
  columns.emplace_back(std::move(texts.back().second));
  texts.pop_back();
  self
    ->request(self->state.options.writer, self->state.options.writer_timeout,
              std::move(request), column_block{std::move(columns)})
    .then([=](const messages::OutputWritten&) { write_texts(self, texts); },
          [=](caf::error& reason) { give_up(self, reason); });
}

void write_end(pointer self) {
  auto& state = self->state;
  if (!state.options.writer) {
    deliver(self);
    return;
  }
  write_texts(self, {{"run.json", state.options.describe(state.run->summary())},
                     {"years.json", to_json_text(state.run->years())}});
}

/// Stores before it publishes: what a reader of the files sees is stored.
void conclude(pointer self) {
  auto& state = self->state;
  if (std::exchange(state.concluding, true))
    return;
  if (!state.options.storage.store) {
    write_end(self);
    return;
  }
  auto request = state.options.storage.finish(state.run->summary());
  self
    ->request(state.options.storage.store, state.options.store_timeout,
              std::move(request.transaction), std::move(request.rows))
    .then([=](const messages::TransactionCommitted&) { write_end(self); },
          [=](caf::error& reason) { give_up_storing(self, reason); });
}

void pump_run(pointer self) {
  auto& state = self->state;
  load_people(self);
  write_output(self);
  store_blocks(self);
  if (auto year = state.run->take_year(); year && state.options.take_year)
    state.options.take_year(std::move(*year));
  if (state.run->is_done())
    conclude(self);
}

void pump(pointer self) {
  auto& state = self->state;
  if (!state.is_asked())
    return;
  give_tasks(self);
  report_progress(self);
  if (state.run != nullptr) {
    pump_run(self);
  } else if (state.batch->is_done()) {
    state.batch_reply.deliver(std::move(*state.batch).result());
    stop(self);
  }
}

// -- the processors ----------------------------------------------------------

void start_processors(pointer self) {
  auto children = std::vector<runtime::child_spec>{};
  for (std::size_t i = 0; i < self->state.workers; ++i) {
    auto spec = runtime::child_spec{};
    spec.id = "processor-" + std::to_string(i + 1);
    // The address alone: a handle would keep the coordinator alive.
    spec.start
      = [address = self->address(),
         options = self->state.options.processor](caf::actor_system& system) {
          const auto handle = caf::actor_cast<year_tasks_actor>(address);
          return caf::actor_cast<caf::actor>(
            spawn_year_processor(system, handle, options));
        };
    children.push_back(std::move(spec));
  }
  auto options = runtime::supervisor_options{};
  options.name = "simulation";
  options.delay.max = 20ms;
  self->state.processors
    = runtime::spawn_supervisor(self->system(), options, std::move(children));
  self->monitor(self->state.processors);
  if (self->state.options.more_processors)
    self->state.options.more_processors(
      caf::actor_cast<year_tasks_actor>(self->address()));
}

void look_later(pointer self) {
  self->delayed_send(self, self->state.options.straggler_patience / 4,
                     caf::tick_atom_v);
}

void add_credit(pointer self, const messages::GetSimulationTask& request) {
  auto& state = self->state;
  const auto sender = self->current_sender();
  const auto processor = caf::actor_cast<year_processor_actor>(sender);
  const auto place = request.is_far() ? runtime::worker_place::far
                                      : runtime::worker_place::near;
  if (state.pulling.ask(sender->id(), processor, place, self->clock().now())) {
    self->monitor(processor);
    if (state.tasks)
      state.tasks->set_far_workers(state.pulling.far());
    if (place == runtime::worker_place::far && !std::exchange(state.is_looking, true))
      look_later(self);
  }
  pump(self);
}

void look_for_stragglers(pointer self) {
  auto& state = self->state;
  if (!state.is_asked())
    return;
  const auto late = state.pulling.take_stragglers(
    self->clock().now(), state.options.straggler_patience);
  for (const auto processor : late) {
    runtime::log_warning("simulation",
                         "a node is slow, its tasks go to others, too");
    state.tasks->take_back(processor);
  }
  look_later(self);
  if (!late.empty())
    pump(self);
}

void handle_down(pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  const auto id = message.source.id();
  if (state.processors && message.source == state.processors.address()) {
    auto reason = runtime::problem{};
    reason.message = "the year processors die faster than they simulate";
    reason.hint = "look for the reason in the log, --log-level debug";
    give_up(self, reason);
    return;
  }
  if (!state.pulling.lose(id) || !state.is_asked())
    return;
  runtime::log_warning("simulation",
                       "a year processor died, its blocks go to others",
                       {{"reason", caf::to_string(message.reason)}});
  state.tasks->set_far_workers(state.pulling.far());
  go_on(self, state.tasks->lose(id));
}

void handle_failure(pointer self,
                    const messages::SimulationTaskFailure& failure) {
  if (!self->state.is_asked())
    return;
  if (!failure.has_input() && !failure.is_untried())
    runtime::log_warning("simulation", "a task failed",
                         {{"task", failure.task()},
                          {"attempt", failure.attempt()},
                          {"reason", failure.reason()}});
  go_on(self, self->state.tasks->fail(failure));
}

void cancel(pointer self) {
  auto& state = self->state;
  if (!state.tasks) {
    state.cancelled = true;
    return;
  }
  // What is complete in the store gets its files, too.
  if (state.concluding)
    return;
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::interrupted;
  reason.message = "interrupted";
  give_up(self, reason);
}

void start(pointer self, std::unique_ptr<simulation_tasks> tasks) {
  auto& state = self->state;
  state.tasks = std::move(tasks);
  start_processors(self);
  if (state.cancelled)
    cancel(self);
  else
    go_on(self, state.tasks->start());
}

caf::error busy() {
  return caf::make_error(runtime::problem_kind::conflict,
                         "this coordinator has a run already");
}

auto run_simulation(pointer self) {
  auto& state = self->state;
  auto reply = self->make_response_promise<SimulationSummary>();
  if (state.tasks) {
    reply.deliver(busy());
    return reply;
  }
  state.run_reply = reply;
  auto run = std::make_unique<simulation_run>(std::move(state.options.run));
  state.run = run.get();
  start(self, std::move(run));
  return reply;
}

auto run_projections(pointer self, const messages::RunProjections& request) {
  auto& state = self->state;
  auto reply = self->make_response_promise<Projections>();
  if (state.tasks) {
    reply.deliver(busy());
    return reply;
  }
  state.batch_reply = reply;
  auto batch = std::make_unique<projection_batch>(
    state.options.run.everybody,
    std::vector<std::string>{request.scenarios().begin(),
                             request.scenarios().end()});
  state.batch = batch.get();
  start(self, std::move(batch));
  return reply;
}

private_coordinator::behavior_type
simulation_coordinator(pointer self,
                       const simulation_coordinator_options& options) {
  self->state.options = options;
  self->state.workers = options.run.workers;
  self->set_down_handler(
    [=](const caf::down_msg& message) { handle_down(self, message); });
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { give_up(self, message.reason); });
  // Nobody else would answer the run's requester.
  self->set_exception_handler([=](const std::exception_ptr& thrown) {
    const auto reason = runtime::describe_thrown(
      thrown, "simulate fewer people, or with --optimization low");
    give_up(self, reason);
    return runtime::to_error(reason);
  });
  return {
    [=](const messages::GetSimulationTask& request) {
      add_credit(self, request);
    },
    [=](const messages::SimulationTaskResult& result,
        const column_block& block) {
      if (self->state.is_asked())
        go_on(self, self->state.tasks->complete(result, block));
    },
    [=](const messages::SimulationTaskFailure& failure) {
      handle_failure(self, failure);
    },
    [=](const messages::RunSimulation&) { return run_simulation(self); },
    [=](const messages::RunProjections& request) {
      return run_projections(self, request);
    },
    [=](const messages::CancelSimulation&) { cancel(self); },
    [=](caf::tick_atom) { look_for_stragglers(self); },
  };
}

} // namespace

simulation_coordinator_actor
spawn_simulation_coordinator(caf::actor_system& system,
                             simulation_coordinator_options options) {
  return system.spawn(simulation_coordinator, std::move(options));
}

} // namespace troupe::simulation
