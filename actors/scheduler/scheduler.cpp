#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "actors/scheduler/scheduler_loop.hpp"
#include "runtime/logging/log.hpp"

#include <caf/system_messages.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::scheduler {

namespace {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

using pointer = scheduler_pointer;

/// A pending message keeps its receiver, hence the system, alive for so long.
/// Also how late a clock that was set is noticed.
constexpr auto tick_max = std::chrono::microseconds{std::chrono::seconds{1}};
/// Due schedules that are decided in one commit: what follows meanwhile goes
/// with the next one.
constexpr auto due_max = std::size_t{128};

void give_up(pointer self, const runtime::problem& reason) {
  runtime::log_error("scheduler", "the scheduler cannot go on",
                     {{"reason", runtime::render(reason)}});
  self->quit(runtime::to_error(reason));
}

// -- the loop -----------------------------------------------------------------

void on_committed(pointer self) {
  auto& state = self->state;
  state.is_committing = false;
  for (auto& each : std::exchange(state.in_flight, {}))
    each.to.deliver(std::move(each.what));
  follow(self, state.book->mark_stored());
  resume_commands(self);
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

} // namespace

void pursue(scheduler_pointer self) {
  auto& state = self->state;
  const auto now = state.options.time->now();
  // What is due waits for the commit under way: then it is decided together.
  if (!state.is_committing)
    state.book->advance(now, due_max);
  commit(self);
  set_timer(self, now);
}

namespace {

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

void answer_later(pointer self, answer_promise to, const std::string& id,
                  const outcome<void>& done,
                  messages::ScheduleAnswer more = {}) {
  auto& state = self->state;
  if (done) {
    more.MergeFrom(answer_about(state, id));
    state.waiting.push_back({std::move(to), std::move(more)});
  } else {
    to.deliver(runtime::to_error(done.error()));
  }
  pursue(self);
}

void do_add(pointer self, const answer_promise& to,
            const schedule_definition& what,
            const messages::AddSchedule& wanted) {
  auto& state = self->state;
  const auto is_new = state.book->add(what, {wanted.text(), wanted.file()},
                                      wanted.by(), state.options.time->now());
  if (!is_new)
    return answer_later(self, to, what.id, fail(is_new.error()));
  auto answer = messages::ScheduleAnswer{};
  answer.set_is_new(*is_new);
  answer_later(self, to, what.id, {}, std::move(answer));
}

answer_promise add(pointer self, const messages::AddSchedule& wanted) {
  const auto read = parse_schedule(wanted.text(), wanted.file());
  if (!read) {
    auto promise = self->make_response_promise<messages::ScheduleAnswer>();
    promise.deliver(runtime::to_error(read.error().front()));
    return promise;
  }
  return command(self, read->id,
                 [self, what = *read, wanted](const answer_promise& to) {
                   do_add(self, to, what, wanted);
                 });
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

void do_change(pointer self, const answer_promise& to,
               const messages::ChangeSchedule& wanted) {
  auto& state = self->state;
  const auto now = state.options.time->now();
  if (!wanted.has_backfill())
    return answer_later(self, to, wanted.id(), apply(state, wanted, now));
  const auto starts = backfill(state, wanted, now);
  if (!starts)
    return answer_later(self, to, wanted.id(), fail(starts.error()));
  auto answer = messages::ScheduleAnswer{};
  answer.set_starts(*starts);
  answer_later(self, to, wanted.id(), {}, std::move(answer));
}

answer_promise change(pointer self, const messages::ChangeSchedule& wanted) {
  return command(self, wanted.id(), [self, wanted](const answer_promise& to) {
    do_change(self, to, wanted);
  });
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
                      std::move(folded->state), folded->snapshot,
                      state.options.time->now());
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
  state.book = std::make_unique<schedule_book>(
    state.options.schedules_max, state.epoch, state.options.ahead);
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
