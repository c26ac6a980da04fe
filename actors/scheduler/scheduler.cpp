#include "actors/scheduler/scheduler.hpp"

#include "actors/scheduler/schedule_book.hpp"
#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/logging/log.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::scheduler {

/// Tells a scheduler to look at the time. Only the newest one counts.
struct scheduler_tick {
  instant due{};
};

/// Tells it to start something once more.
struct start_again {
  schedule_order what;
};

} // namespace troupe::scheduler

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::scheduler::scheduler_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::scheduler::start_again)

namespace troupe::scheduler {

namespace {

using messages::StartEnded;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

using private_scheduler_actor
  = scheduler_actor::extend<caf::reacts_to<scheduler_tick>,
                            caf::reacts_to<start_again>>;
using answer_promise = caf::typed_response_promise<messages::ScheduleAnswer>;

/// A pending message keeps its receiver, hence the system, alive for so long.
/// Also how late a clock that was set is noticed.
constexpr auto tick_max = std::chrono::microseconds{std::chrono::seconds{1}};
/// Due schedules that are decided in one commit: what follows meanwhile goes
/// with the next one.
constexpr auto due_max = std::size_t{128};

struct answer_due {
  answer_promise to;
  messages::ScheduleAnswer what;
};

struct scheduler_state {
  static constexpr auto name = "scheduler"; // Shown in logs.

  scheduler_state() = default;
  scheduler_state(const scheduler_state&) = delete;
  scheduler_state& operator=(const scheduler_state&) = delete;

  /// Whoever still waits must not do so until a timeout.
  ~scheduler_state() {
    const auto reason
      = runtime::to_error(fail(problem_kind::unavailable,
                               "the scheduler stopped before this was stored",
                               "look with troupe schedule show, and try again")
                            .value());
    for (auto* some : {&in_flight, &waiting})
      for (auto& each : *some)
        each.to.deliver(reason);
  }

  scheduler_options options;
  runtime::store_actor store;
  run_starter_actor engine;
  std::uint64_t epoch = 0;
  std::unique_ptr<schedule_book> book;
  std::vector<answer_due> waiting; ///< For the next commit.
  std::vector<answer_due> in_flight;
  /// Runs of active starts, and those to be cancelled once they have one.
  std::map<std::pair<std::string, start_key>, std::string> runs;
  bool is_committing = false;
  std::optional<instant> next_tick;
};

using pointer = private_scheduler_actor::stateful_pointer<scheduler_state>;

void pursue(pointer self);

void give_up(pointer self, const runtime::problem& reason) {
  runtime::log_error("scheduler", "the scheduler cannot go on",
                     {{"reason", runtime::render(reason)}});
  self->quit(runtime::to_error(reason));
}

// -- runs ---------------------------------------------------------------------

StartEnded::Outcome outcome_of(const std::string& status) {
  if (status == "completed")
    return StartEnded::SUCCEEDED;
  return status == "cancelled" ? StartEnded::CANCELLED : StartEnded::FAILED;
}

void end(pointer self, const schedule_order& order, StartEnded::Outcome how) {
  auto& state = self->state;
  state.runs.erase({order.id, order.start});
  state.book->end(order.id, order.start, how, state.options.time->now());
  pursue(self);
}

void try_again(pointer self, const schedule_order& order) {
  self->delayed_send(self, self->state.options.retry_after, start_again{order});
}

void await_end(pointer self, const schedule_order& order,
               const std::string& run_id) {
  auto wanted = messages::AwaitRun{};
  wanted.set_run_id(run_id);
  // A run may take for ever; the engine's death is heard of.
  self->request(self->state.engine, caf::infinite, wanted)
    .then(
      [=](const messages::RunResult& result) {
        end(self, order, outcome_of(result.status()));
      },
      [=](const caf::error& error) {
        const auto reason = runtime::to_problem(error, self->system());
        runtime::log_warning("scheduler", "the end of a run is not known",
                             {{"schedule", order.id},
                              {"run", run_id},
                              {"reason", reason.message}});
        // It ended while nobody was there, so long ago that it is not kept.
        if (reason.kind == problem_kind::not_found)
          return end(self, order, StartEnded::CANCELLED);
        try_again(self, order);
      });
}

void cancel(pointer self, const schedule_order& order) {
  auto& state = self->state;
  const auto found = state.runs.find({order.id, order.start});
  if (found == state.runs.end())
    return; // As soon as it has a run.
  auto wanted = messages::ChangeRun{};
  wanted.set_run_id(found->second);
  wanted.set_by("schedule " + order.id);
  wanted.mutable_cancel()->set_reason("a later start takes its place");
  constexpr auto grace_ms = std::uint64_t{30'000};
  wanted.mutable_cancel()->set_grace_ms(grace_ms);
  // If it is over by now, that is heard of anyway.
  self->request(state.engine, state.options.engine_timeout, std::move(wanted))
    .then([](const messages::RunChanged&) {}, [](const caf::error&) {});
}

void on_accepted(pointer self, const schedule_order& order,
                 const messages::RunAccepted& accepted) {
  auto& state = self->state;
  state.runs[{order.id, order.start}] = accepted.run_id();
  await_end(self, order, accepted.run_id());
  const auto* known = state.book->find(order.id);
  if (known == nullptr)
    return;
  const auto active = known->state.active().find(order.start);
  if (active != known->state.active().end()
      && active->second.is_cancel_requested)
    cancel(self, order);
}

/// There is no run, and there will be none unless it is tried again.
void on_refused(pointer self, const schedule_order& order,
                const messages::ProblemReport& refused) {
  const auto kind = static_cast<problem_kind>(refused.kind());
  if (kind == problem_kind::unavailable || kind == problem_kind::timeout)
    return try_again(self, order);
  runtime::log_error("scheduler", "a run was refused",
                     {{"schedule", order.id}, {"reason", refused.message()}});
  // Its concurrency key said that it may be left out.
  end(self, order,
      kind == problem_kind::conflict ? StartEnded::CANCELLED
                                     : StartEnded::FAILED);
}

messages::SubmitRun run_of(const schedule_definition& of,
                           const start_key& start) {
  auto run = messages::SubmitRun{};
  run.set_workflow_id(of.workflow);
  run.set_inputs(of.inputs.dump());
  run.set_idempotency_key(fire_key(of.id, start));
  run.set_by("schedule " + of.id);
  return run;
}

/// Starts that were decided together are one message to the engine.
void start_all(pointer self, const std::vector<schedule_order>& orders) {
  auto all = messages::SubmitRuns{};
  auto asked = std::vector<schedule_order>{};
  for (const auto& order : orders)
    if (const auto* known = self->state.book->find(order.id)) {
      *all.add_runs() = run_of(known->definition, order.start);
      asked.push_back(order);
    }
  if (asked.empty())
    return;
  self
    ->request(self->state.engine, self->state.options.engine_timeout,
              std::move(all))
    .then(
      [=](const messages::RunsAccepted& reply) {
        for (std::size_t i = 0; i < asked.size(); ++i) {
          const auto& each = reply.each(static_cast<int>(i));
          if (each.has_accepted())
            on_accepted(self, asked[i], each.accepted());
          else
            on_refused(self, asked[i], each.refused());
        }
      },
      [=](const caf::error&) {
        for (const auto& order : asked)
          try_again(self, order);
      });
}

void follow(pointer self, const std::vector<schedule_order>& orders) {
  auto starts = std::vector<schedule_order>{};
  for (const auto& order : orders)
    if (order.what == schedule_order::kind::start)
      starts.push_back(order);
  start_all(self, starts);
  for (const auto& order : orders)
    if (order.what == schedule_order::kind::cancel)
      cancel(self, order);
}

// -- the loop -----------------------------------------------------------------

void on_committed(pointer self) {
  auto& state = self->state;
  state.is_committing = false;
  for (auto& each : std::exchange(state.in_flight, {}))
    each.to.deliver(std::move(each.what));
  follow(self, state.book->mark_stored());
  pursue(self);
}

/// One commit at a time: what happens meanwhile gathers for the next one.
void commit(pointer self) {
  auto& state = self->state;
  if (state.is_committing)
    return;
  auto request
    = store_changes(state.book->take_changes(), *state.book, state.epoch);
  state.in_flight = std::exchange(state.waiting, {});
  if (request.transaction.statements().empty()) {
    for (auto& each : std::exchange(state.in_flight, {}))
      each.to.deliver(std::move(each.what));
    return follow(self, state.book->mark_stored());
  }
  state.is_committing = true;
  self
    ->request(state.store, state.options.store_timeout,
              std::move(request.transaction), std::move(request.rows))
    .then([=](const messages::TransactionCommitted&) { on_committed(self); },
          [=](const caf::error& error) {
            // What was decided is not stored: the store knows better.
            give_up(self, runtime::to_problem(error, self->system()));
          });
}

void set_timer(pointer self, instant now) {
  auto& state = self->state;
  const auto wanted = state.book->next_check();
  // What is due while a commit is under way is looked at after it.
  if (!wanted || (state.is_committing && *wanted <= now))
    return;
  const auto due = std::min(std::max(*wanted, now), now + tick_max);
  if (state.next_tick && *state.next_tick <= due && *state.next_tick > now)
    return;
  state.next_tick = due;
  self->delayed_send(self, due - now, scheduler_tick{due});
}

void pursue(pointer self) {
  auto& state = self->state;
  const auto now = state.options.time->now();
  // What is due waits for the commit under way: then it is decided together.
  if (!state.is_committing)
    state.book->advance(now, due_max);
  commit(self);
  set_timer(self, now);
}

// -- requests -----------------------------------------------------------------

messages::ScheduleAnswer answer_about(const scheduler_state& state,
                                      const std::string& id) {
  auto answer = messages::ScheduleAnswer{};
  answer.set_id(id);
  const auto* known = state.book->find(id);
  if (known == nullptr)
    return answer;
  const auto waiting
    = waiting_on(known->definition, known->recurrence, known->state);
  if (waiting.next_check)
    answer.set_next_check(to_micros(*waiting.next_check));
  return answer;
}

answer_promise answer_later(pointer self, const std::string& id,
                            const outcome<void>& done,
                            messages::ScheduleAnswer more = {}) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::ScheduleAnswer>();
  if (!done) {
    promise.deliver(runtime::to_error(done.error()));
    pursue(self);
    return promise;
  }
  more.MergeFrom(answer_about(state, id));
  state.waiting.push_back({promise, std::move(more)});
  pursue(self);
  return promise;
}

answer_promise add(pointer self, const messages::AddSchedule& wanted) {
  auto& state = self->state;
  auto read = parse_schedule(wanted.text(), wanted.file());
  if (!read)
    return answer_later(self, {}, fail(read.error().front()));
  const auto id = read->id;
  const auto is_new
    = state.book->add(std::move(*read), {wanted.text(), wanted.file()},
                      wanted.by(), state.options.time->now());
  if (!is_new)
    return answer_later(self, id, fail(is_new.error()));
  auto answer = messages::ScheduleAnswer{};
  answer.set_is_new(*is_new);
  return answer_later(self, id, {}, std::move(answer));
}

outcome<std::size_t> backfill(scheduler_state& state,
                              const messages::ChangeSchedule& wanted,
                              instant now) {
  auto range = backfill_range{};
  range.first = from_micros(wanted.backfill().first());
  range.last = from_micros(wanted.backfill().last());
  if (wanted.backfill().limit() != 0)
    range.limit = wanted.backfill().limit();
  auto starts = outcome<std::size_t>{};
  const auto done = state.book->decide(
    wanted.id(), now, [&](schedule_decision& it) -> outcome<void> {
      starts = it.backfill(range, wanted.by(), state.options.has_fired);
      return starts.map([](std::size_t) {});
    });
  if (!done)
    return fail(done.error());
  return starts;
}

outcome<void> apply(scheduler_state& state,
                    const messages::ChangeSchedule& wanted, instant now) {
  using what = messages::ChangeSchedule;
  if (wanted.what_case() == what::kRemove)
    return state.book->remove(wanted.id());
  return state.book->decide(
    wanted.id(), now, [&](schedule_decision& it) -> outcome<void> {
      switch (wanted.what_case()) {
        case what::kPause:
          return it.pause(wanted.by(), wanted.pause().reason());
        case what::kResume:
          return it.resume(wanted.by());
        case what::kTrigger:
          return it.trigger(wanted.by());
        default:
          return fail(problem_kind::invalid_input, "no change is named");
      }
    });
}

answer_promise change(pointer self, const messages::ChangeSchedule& wanted) {
  auto& state = self->state;
  const auto now = state.options.time->now();
  if (!wanted.has_backfill())
    return answer_later(self, wanted.id(), apply(state, wanted, now));
  const auto starts = backfill(state, wanted, now);
  if (!starts)
    return answer_later(self, wanted.id(), fail(starts.error()));
  auto answer = messages::ScheduleAnswer{};
  answer.set_starts(*starts);
  return answer_later(self, wanted.id(), {}, std::move(answer));
}

// -- recovery -----------------------------------------------------------------

/// A schedule that cannot be read is left alone, and hinders no other.
void restore(scheduler_state& state, recorded_schedules& stored,
             recorded_schedule& schedule) {
  const auto set_aside = [&](const runtime::problem& reason) {
    runtime::log_error("scheduler", "a schedule is set aside",
                       {{"schedule", schedule.id},
                        {"reason", runtime::render(reason)}});
    state.book->set_aside(schedule.id);
  };
  auto definition = parse_schedule(schedule.text.text, schedule.text.file);
  if (!definition)
    return set_aside(definition.error().front());
  auto folded = stored.fold(schedule.id);
  if (!folded)
    return set_aside(folded.error());
  if (folded->broken != 0)
    runtime::log_warning("scheduler",
                         "a snapshot cannot be read; the events "
                         "before it were",
                         {{"schedule", schedule.id}});
  state.book->restore(std::move(*definition), std::move(schedule.text),
                      std::move(folded->state), folded->snapshot);
}

outcome<void> recover(scheduler_state& state) {
  auto stored = recorded_schedules::open(state.options.store_path);
  if (!stored)
    return fail(stored.error());
  const auto last = stored->last_epoch();
  auto all = stored->list();
  if (!last || !all)
    return fail(last ? all.error() : last.error());
  state.epoch = *last + 1;
  state.book
    = std::make_unique<schedule_book>(state.options.schedules_max, state.epoch);
  for (auto& schedule : *all)
    restore(state, *stored, schedule);
  return {};
}

private_scheduler_actor::behavior_type
scheduler(pointer self, const runtime::store_actor& store,
          const run_starter_actor& engine, const scheduler_options& options) {
  auto& state = self->state;
  state.options = options;
  state.store = store;
  state.engine = engine;
  self->monitor(store);
  self->monitor(engine);
  self->set_down_handler(
    [=](const caf::down_msg& message) { self->quit(message.reason); });
  if (auto recovered = recover(state); recovered) {
    state.next_tick = options.time->now();
    self->send(self, scheduler_tick{*state.next_tick});
  } else {
    give_up(self, recovered.error());
  }
  return {
    [=](const messages::AddSchedule& wanted) { return add(self, wanted); },
    [=](const messages::ChangeSchedule& wanted) {
      return change(self, wanted);
    },
    [=](const scheduler_tick& tick) {
      if (self->state.next_tick != tick.due)
        return;
      self->state.next_tick.reset();
      pursue(self);
    },
    [=](const start_again& order) { start_all(self, {order.what}); },
  };
}

} // namespace

scheduler_actor spawn_scheduler(caf::actor_system& system,
                                runtime::store_actor store,
                                run_starter_actor engine,
                                scheduler_options options) {
  return system.spawn<caf::detached>(scheduler, std::move(store),
                                     std::move(engine), std::move(options));
}

} // namespace troupe::scheduler
