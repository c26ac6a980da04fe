#include "actors/scheduler/schedule_state.hpp"
#include "actors/scheduler/scheduler_loop.hpp"
#include "runtime/logging/log.hpp"

#include <utility>

// What the scheduler has to do with the engine.

namespace troupe::scheduler {

using messages::StartEnded;
using runtime::fail;
using runtime::problem_kind;

namespace {

// -- runs ---------------------------------------------------------------------

StartEnded::Outcome outcome_of(const std::string& status) {
  if (status == "completed")
    return StartEnded::SUCCEEDED;
  return status == "cancelled" ? StartEnded::CANCELLED : StartEnded::FAILED;
}

void end(scheduler_pointer self, const schedule_order& order,
         StartEnded::Outcome how) {
  auto& state = self->state;
  state.runs.erase({order.id, order.start});
  state.book->end(order.id, order.start, how, state.options.time->now());
  pursue(self);
}

void try_again(scheduler_pointer self, const schedule_order& order) {
  self->delayed_send(self, self->state.options.retry_after, start_again{order});
}

/// Not if it was taken back, and the start may have another run by now.
bool is_run_of(const scheduler_state& state, const schedule_order& order,
               const std::string& run_id) {
  const auto found = state.runs.find({order.id, order.start});
  return found != state.runs.end() && found->second == run_id;
}

void await_end(scheduler_pointer self, const schedule_order& order,
               const std::string& run_id) {
  auto wanted = messages::AwaitRun{};
  wanted.set_run_id(run_id);
  // A run may take for ever; the engine's death is heard of.
  self->request(self->state.engine, caf::infinite, wanted)
    .then(
      [=](const messages::RunResult& result) {
        if (is_run_of(self->state, order, run_id))
          end(self, order, outcome_of(result.status()));
      },
      [=](const caf::error& error) {
        if (!is_run_of(self->state, order, run_id))
          return;
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

void cancel(scheduler_pointer self, const schedule_order& order) {
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

void on_accepted(scheduler_pointer self, const schedule_order& order,
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
void on_refused(scheduler_pointer self, const schedule_order& order,
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

messages::SubmitRun run_of(const known_schedule& known, const start_key& start,
                           instant now) {
  const auto& of = known.definition;
  auto run = messages::SubmitRun{};
  if (start.kind == messages::ScheduleStart::SCHEDULED)
    if (const auto at = known.recurrence.start_of(start.due); at > now) {
      run.set_not_before(to_micros(at));
      run.set_not_after(to_micros(at + of.catch_up));
    }
  run.set_workflow_id(of.workflow);
  run.set_inputs(of.inputs.dump());
  run.set_idempotency_key(fire_key(of.id, start));
  run.set_by("schedule " + of.id);
  return run;
}

} // namespace

/// Starts that were decided together are one message to the engine.
void start_all(scheduler_pointer self,
               const std::vector<schedule_order>& orders) {
  auto all = messages::SubmitRuns{};
  auto asked = std::vector<schedule_order>{};
  for (const auto& order : orders)
    // It may have been taken back meanwhile.
    if (const auto* known = self->state.book->find(order.id);
        known != nullptr && known->state.active().contains(order.start)) {
      *all.add_runs()
        = run_of(*known, order.start, self->state.options.time->now());
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

void follow(scheduler_pointer self, const std::vector<schedule_order>& orders) {
  auto starts = std::vector<schedule_order>{};
  for (const auto& order : orders)
    if (order.what == schedule_order::kind::start)
      starts.push_back(order);
  start_all(self, starts);
  for (const auto& order : orders)
    if (order.what == schedule_order::kind::cancel)
      cancel(self, order);
  take_back_late(self, orders);
}

// -- commands -----------------------------------------------------------------

namespace {

/// Commands that wait, of all schedules; more are refused.
constexpr auto commands_max = std::size_t{10'000};

void do_commands(scheduler_pointer self, const std::string& id);

/// The first in line goes, whatever could not be taken back.
void do_first(scheduler_pointer self, const std::string& id,
              const std::optional<runtime::problem>& failure) {
  auto& state = self->state;
  auto& line = state.commands.at(id);
  auto first = std::move(line.waiting.front());
  line.waiting.pop_front();
  --state.commands_waiting;
  if (failure)
    first.to.deliver(runtime::to_error(*failure));
  else
    first.act(first.to);
}

/// One of the starts that are ahead is settled.
void settle(scheduler_pointer self, const std::string& id) {
  auto& state = self->state;
  auto& line = state.commands.at(id);
  if (--line.taken_back_open != 0)
    return;
  const auto failure = std::exchange(line.failure, std::nullopt);
  if (!line.waiting.empty())
    do_first(self, id, failure);
  state.book->let_go(id);
  do_commands(self, id);
  pursue(self);
}

void on_taken_back(scheduler_pointer self, const schedule_order& order) {
  auto& state = self->state;
  state.runs.erase({order.id, order.start});
  if (!state.book->withdraw(order.id, order.start, state.options.time->now()))
    start_all(self, {order});
  settle(self, order.id);
}

void on_kept(scheduler_pointer self, const schedule_order& order,
             const runtime::problem& reason) {
  auto& state = self->state;
  if (reason.kind == problem_kind::not_found)
    return on_taken_back(self, order); // It was refused, and never a run.
  // The run goes on, or nobody knows: its end is asked for again.
  start_all(self, {order});
  if (reason.kind != problem_kind::conflict)
    state.commands.at(order.id).failure = reason;
  settle(self, order.id);
}

void ask_back(scheduler_pointer self, const schedule_order& order,
              const char* reason) {
  auto& state = self->state;
  state.runs.erase({order.id, order.start});
  auto wanted = messages::ChangeRun{};
  wanted.set_by("schedule " + order.id);
  wanted.mutable_withdraw()->set_idempotency_key(
    fire_key(order.id, order.start));
  wanted.mutable_withdraw()->set_reason(reason);
  self->request(state.engine, state.options.engine_timeout, std::move(wanted))
    .then([=](const messages::RunChanged&) { on_taken_back(self, order); },
          [=](const caf::error& error) {
            on_kept(self, order, runtime::to_problem(error, self->system()));
          });
}

void take_back(scheduler_pointer self, const std::string& id,
               const std::vector<start_key>& ahead) {
  auto& state = self->state;
  state.book->hold_back(id);
  state.commands.at(id).taken_back_open = ahead.size();
  for (const auto& start : ahead)
    ask_back(self, {schedule_order::kind::take_back, id, start},
             "somebody changed the schedule before the run was due");
}

void do_commands(scheduler_pointer self, const std::string& id) {
  auto& state = self->state;
  for (;;) {
    const auto line = state.commands.find(id);
    if (line == state.commands.end() || line->second.taken_back_open != 0
        || state.book->is_held_back(id))
      return;
    if (line->second.waiting.empty()) {
      state.commands.erase(line);
      return;
    }
    const auto ahead = state.book->ahead(id, state.options.time->now());
    if (!ahead.empty()) {
      // What is being stored is not known to the engine yet.
      if (!state.is_committing)
        take_back(self, id, ahead);
      return;
    }
    do_first(self, id, std::nullopt);
  }
}

} // namespace

answer_promise command(scheduler_pointer self, const std::string& id,
                       std::function<void(const answer_promise& to)> act) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::ScheduleAnswer>();
  if (state.commands_waiting >= commands_max) {
    promise.deliver(runtime::to_error(
      fail(problem_kind::unavailable, "too many commands about schedules wait",
           "try again in a moment")
        .value()));
    return promise;
  }
  ++state.commands_waiting;
  state.commands[id].waiting.push_back({promise, std::move(act)});
  do_commands(self, id);
  return promise;
}

void take_back_late(scheduler_pointer self,
                    const std::vector<schedule_order>& orders) {
  const auto is_wanted = [](const schedule_order& order) {
    return order.what == schedule_order::kind::take_back;
  };
  for (const auto& order : orders)
    if (is_wanted(order))
      ++self->state.commands[order.id].taken_back_open;
  for (const auto& order : orders)
    if (is_wanted(order))
      ask_back(self, order, "it is too late for the schedule's catch-up");
}

void resume_commands(scheduler_pointer self) {
  auto ids = std::vector<std::string>{};
  for (const auto& [id, line] : self->state.commands)
    ids.push_back(id);
  for (const auto& id : ids)
    do_commands(self, id);
}

} // namespace troupe::scheduler
