#include "actors/scoring/scoring_coordinator.hpp"

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

namespace troupe::scoring {

using namespace std::chrono_literals;

using messages::column_block;
using messages::ScoringSummary;

namespace {

struct scoring_coordinator_state {
  static constexpr auto name = "scoring_coordinator"; // Shown in logs.

  scoring_coordinator_options options;
  std::optional<scoring_run> run;
  runtime::supervisor_actor workers;
  runtime::pulling_workers<score_worker_actor> pulling;
  caf::typed_response_promise<ScoringSummary, column_block> reply;
  bool concluding = false;
  bool is_looking = false; ///< For stragglers.
  bool cancelled = false; ///< Before there was anything to cancel.
};

/// It looks for stragglers each time.
using private_coordinator
  = scoring_coordinator_actor::extend<caf::reacts_to<caf::tick_atom>>;
using pointer
  = private_coordinator::stateful_pointer<scoring_coordinator_state>;

/// Everything ends with the run, whichever way that ends.
void stop(pointer self) {
  auto& state = self->state;
  const auto reason = caf::exit_reason::user_shutdown;
  if (state.workers)
    self->send_exit(state.workers, reason);
  if (state.options.source)
    self->send_exit(state.options.source, reason);
  if (state.options.writer)
    self->send_exit(state.options.writer, reason);
  self->quit();
}

void give_up(pointer self, const caf::error& reason) {
  if (self->state.reply.pending())
    self->state.reply.deliver(reason);
  stop(self);
}

void give_up(pointer self, const runtime::problem& reason) {
  give_up(self, runtime::to_error(reason));
}

void report_progress(pointer self) {
  const auto& state = self->state;
  if (!state.options.progress)
    return;
  auto& progress = *state.options.progress;
  progress.stage = state.run->current_stage();
  progress.rows_read = state.run->rows_read();
  progress.rows_scored = state.run->rows_scored();
  progress.source = state.run->source_progress();
}

void pump(pointer self);

/// Goes on after something was told to the run.
void go_on(pointer self, const runtime::outcome<void>& told) {
  if (!told)
    give_up(self, told.error());
  else
    pump(self);
}

void ask_for_chunks(pointer self) {
  auto& state = self->state;
  while (state.run->chunks_wanted() > 0) {
    state.run->chunk_requested();
    self
      ->request(state.options.source, state.options.source_timeout,
                messages::GetItemChunk{})
      .then(
        [=](const messages::ItemChunk& head, const column_block& text) {
          go_on(self, self->state.run->add_chunk(head, text));
        },
        [=](const caf::error& reason) {
          go_on(self, self->state.run->source_failed(
                        runtime::to_problem(reason, self->system())));
        });
  }
}

void ask_for_chunks_again(pointer self) {
  auto& state = self->state;
  while (auto chunk = state.run->take_chunk_to_read_again()) {
    auto request = messages::GetItemChunk{};
    *request.mutable_again() = std::move(*chunk);
    self
      ->request(state.options.source, state.options.source_timeout,
                std::move(request))
      .then(
        [=](const messages::ItemChunk& head, const column_block& text) {
          go_on(self, self->state.run->add_chunk_again(head, text));
        },
        [=](const caf::error& reason) {
          give_up(self, runtime::to_problem(reason, self->system()));
        });
  }
}

void give_tasks(pointer self) {
  auto& state = self->state;
  state.pulling.give(
    [&state](std::uint64_t worker, runtime::worker_place place) {
      return state.run->take(worker, place);
    },
    [self](const score_worker_actor& worker, auto offer) {
      self->send(worker, std::move(offer.task), std::move(offer.block));
    },
    self->clock().now());
}

void write_output(pointer self) {
  auto& state = self->state;
  while (auto output = state.run->take_output()) {
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
}

void deliver(pointer self) {
  runtime::crash_point("scoring.published");
  auto& state = self->state;
  auto summary = state.run->summary();
  runtime::log_info("scoring", "run completed",
                    {{"run", state.options.header.run},
                     {"items", summary.items()},
                     {"rescored", summary.rescored()},
                     {"left_out", summary.problems_size()},
                     {"retries", summary.retries()},
                     {"stored", static_cast<bool>(state.options.store)}});
  summary.set_run(state.options.header.run);
  summary.set_summary_json(state.run->summary_json());
  state.reply.deliver(std::move(summary), pack(state.run->result()));
  stop(self);
}

void publish(pointer self) {
  auto& state = self->state;
  if (!state.options.writer) {
    deliver(self);
    return;
  }
  self
    ->request(state.options.writer, state.options.writer_timeout,
              messages::PublishOutputs{})
    .then([=](const messages::OutputsPublished&) { deliver(self); },
          [=](caf::error& reason) { give_up(self, reason); });
}

void write_summary(pointer self) {
  auto& state = self->state;
  if (!state.options.writes_summary) {
    publish(self);
    return;
  }
  auto request = messages::WriteOutput{};
  request.set_file("summary.json");
  auto columns = std::vector<messages::column>{};
  columns.emplace_back(state.run->summary_json());
  self
    ->request(state.options.writer, state.options.writer_timeout,
              std::move(request), column_block{std::move(columns)})
    .then([=](const messages::OutputWritten&) { publish(self); },
          [=](caf::error& reason) { give_up(self, reason); });
}

/// Stores before it publishes: what a reader of the files sees is stored.
void store_run(pointer self) {
  auto& state = self->state;
  if (!state.options.store) {
    write_summary(self);
    return;
  }
  state.options.header.finished_at = state.options.now();
  auto request
    = make_store_request(state.options.header, state.options.run.plan,
                         state.options.run.context, state.run->summary(),
                         state.run->summary_json(), state.run->records());
  self
    ->request(state.options.store, state.options.store_timeout,
              std::move(request.transaction), std::move(request.rows))
    .then(
      [=](const messages::TransactionCommitted&) {
        runtime::crash_point("scoring.stored");
        write_summary(self);
      },
      [=](caf::error& reason) { give_up(self, runtime::to_problem(reason)); });
}

void conclude(pointer self) {
  if (!std::exchange(self->state.concluding, true))
    store_run(self);
}

void pump(pointer self) {
  if (!self->state.reply.pending())
    return;
  ask_for_chunks(self);
  ask_for_chunks_again(self);
  give_tasks(self);
  write_output(self);
  report_progress(self);
  if (self->state.run->is_done())
    conclude(self);
}

// -- the workers -------------------------------------------------------------

void start_workers(pointer self) {
  auto children = std::vector<runtime::child_spec>{};
  const auto tasks = caf::actor_cast<scoring_tasks_actor>(self->address());
  for (std::size_t i = 0; i < self->state.options.run.workers; ++i) {
    auto spec = runtime::child_spec{};
    spec.id = "worker-" + std::to_string(i + 1);
    // The address alone: a handle would keep the coordinator alive.
    spec.start
      = [address = self->address(),
         options = self->state.options.worker](caf::actor_system& system) {
          const auto handle = caf::actor_cast<scoring_tasks_actor>(address);
          return caf::actor_cast<caf::actor>(
            spawn_score_worker(system, handle, options));
        };
    children.push_back(std::move(spec));
  }
  auto options = runtime::supervisor_options{};
  options.name = "scoring";
  // An item that kills its worker is found by halving its batch, which takes
  // a few deaths for each item.
  options.intensity.restarts_max = 1'000;
  options.delay.max = 20ms;
  self->state.workers
    = runtime::spawn_supervisor(self->system(), options, std::move(children));
  self->monitor(self->state.workers);
  if (self->state.options.more_workers)
    self->state.options.more_workers(tasks);
}

void look_later(pointer self) {
  self->delayed_send(self, self->state.options.straggler_patience / 4,
                     caf::tick_atom_v);
}

void add_credit(pointer self, const messages::GetScoringTask& request) {
  auto& state = self->state;
  const auto sender = self->current_sender();
  const auto worker = caf::actor_cast<score_worker_actor>(sender);
  const auto place = request.is_far() ? runtime::worker_place::far
                                      : runtime::worker_place::near;
  if (state.pulling.ask(sender->id(), worker, place, self->clock().now())) {
    self->monitor(worker);
    if (state.run)
      state.run->set_far_workers(state.pulling.far());
    if (place == runtime::worker_place::far && !std::exchange(state.is_looking, true))
      look_later(self);
  }
  pump(self);
}

void look_for_stragglers(pointer self) {
  auto& state = self->state;
  if (!state.reply.pending())
    return;
  const auto late = state.pulling.take_stragglers(
    self->clock().now(), state.options.straggler_patience);
  for (const auto worker : late) {
    runtime::log_warning("scoring",
                         "a node is slow, its tasks go to others, too",
                         {{"run", state.options.header.run}});
    state.run->take_back(worker);
  }
  look_later(self);
  if (!late.empty())
    pump(self);
}

void handle_down(pointer self, const caf::down_msg& message) {
  const auto id = message.source.id();
  if (self->state.workers && message.source == self->state.workers.address()) {
    auto reason = runtime::problem{};
    reason.message = "the workers die faster than they score";
    reason.hint = "look for the reason in the log, --log-level debug";
    give_up(self, reason);
    return;
  }
  if (!self->state.pulling.lose(id) || !self->state.reply.pending())
    return;
  runtime::log_warning("scoring", "a worker died, its tasks go to others",
                       {{"run", self->state.options.header.run},
                        {"reason", caf::to_string(message.reason)}});
  self->state.run->set_far_workers(self->state.pulling.far());
  go_on(self, self->state.run->lose(id));
}

void handle_failure(pointer self, const messages::ScoringTaskFailure& failure) {
  if (!self->state.reply.pending())
    return;
  if (!failure.has_input() && !failure.is_untried())
    runtime::log_warning("scoring", "a task failed",
                         {{"run", self->state.options.header.run},
                          {"task", failure.task()},
                          {"attempt", failure.attempt()},
                          {"reason", failure.reason()}});
  go_on(self, self->state.run->fail(failure));
}

void cancel(pointer self) {
  auto& state = self->state;
  if (!state.run) {
    state.cancelled = true;
    return;
  }
  // Whether the store commits cannot be helped any more: this run gets whole.
  if (state.concluding)
    return;
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::interrupted;
  reason.message = "interrupted; nothing was written or stored";
  give_up(self, reason);
}

auto start(pointer self) {
  auto& state = self->state;
  auto reply = self->make_response_promise<ScoringSummary, column_block>();
  if (state.run) {
    reply.deliver(caf::make_error(runtime::problem_kind::conflict,
                                  "this coordinator has a run already"));
    return reply;
  }
  state.reply = reply;
  state.run.emplace(state.options.run);
  start_workers(self);
  if (state.cancelled)
    cancel(self);
  else
    go_on(self, state.run->start());
  return reply;
}

private_coordinator::behavior_type
scoring_coordinator(pointer self, const scoring_coordinator_options& options) {
  self->state.options = options;
  self->set_down_handler(
    [=](const caf::down_msg& message) { handle_down(self, message); });
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { give_up(self, message.reason); });
  // Nobody else would answer the run's requester.
  self->set_exception_handler([=](const std::exception_ptr& thrown) {
    const auto reason = runtime::describe_thrown(
      thrown, "split the portfolio, or use --no-details");
    give_up(self, reason);
    return runtime::to_error(reason);
  });
  return {
    [=](const messages::GetScoringTask& request) { add_credit(self, request); },
    [=](const messages::ScoringTaskResult& result, const column_block& block) {
      if (self->state.reply.pending())
        go_on(self, self->state.run->complete(result, block));
    },
    [=](const messages::ScoringTaskFailure& failure) {
      handle_failure(self, failure);
    },
    [=](const messages::RunScoring&) { return start(self); },
    [=](const messages::CancelScoring&) { cancel(self); },
    [=](caf::tick_atom) { look_for_stragglers(self); },
  };
}

} // namespace

scoring_coordinator_actor
spawn_scoring_coordinator(caf::actor_system& system,
                          scoring_coordinator_options options) {
  return system.spawn(scoring_coordinator, std::move(options));
}

} // namespace troupe::scoring
