#include "actors/engine/engine.hpp"

#include "actors/engine/dead_letters.hpp"
#include "actors/engine/engine_loop.hpp"
#include "actors/engine/engine_messages.hpp"
#include "actors/engine/failure_workflow.hpp"
#include "actors/engine/guard_records.hpp"
#include "actors/engine/message_texts.hpp"
#include "runtime/crash_point.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/problem_message.hpp"

#include <caf/system_messages.hpp>

#include <utility>

namespace troupe::engine {

namespace {

using runtime::outcome;
using runtime::problem_kind;

/// While nothing can be stored, everybody is told why.
template <class Promise>
bool is_refused(const engine_state& state, Promise& promise) {
  if (!state.outage)
    return false;
  promise.deliver(runtime::to_error(*state.outage));
  return true;
}

/// The same, and who asks for what could not be read again.
template <class Promise>
bool is_refused(const engine_state& state, Promise& promise,
                const google::protobuf::Message& wanted) {
  if (is_refused(state, promise))
    return true;
  const auto checked = check_texts(wanted);
  if (!checked)
    promise.deliver(runtime::to_error(checked.error()));
  return !checked;
}

// -- requests ----------------------------------------------------------------

/// Takes a run in; nothing of it is stored yet.
outcome<messages::RunAccepted> accept(engine_state& state,
                                      const messages::SubmitRun& wanted) {
  if (auto checked = check_texts(wanted); !checked)
    return runtime::fail(checked.error());
  if (wanted.has_derived())
    return derive(state, wanted);
  auto of = wanted.workflow_text().empty()
              ? state.workflows->newest(wanted.workflow_id())
              : state.workflows->parse(wanted.workflow_text(),
                                       wanted.workflow_file());
  if (!of)
    return runtime::fail(of.error());
  const auto request = to_request(wanted, std::move(*of));
  if (!request)
    return runtime::fail(request.error());
  const auto accepted = state.ledger->submit(*request);
  if (!accepted)
    return runtime::fail(accepted.error());
  auto answer = messages::RunAccepted{};
  answer.set_run_id(accepted->run_id);
  answer.set_number(accepted->number);
  answer.set_is_known(accepted->is_known);
  return answer;
}

auto submit(engine_pointer self, const messages::SubmitRun& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::RunAccepted>();
  if (is_refused(state, promise))
    return promise;
  state.ledger->set_time(state.clock->now());
  auto accepted = accept(state, wanted);
  if (!accepted) {
    promise.deliver(runtime::to_error(accepted.error()));
    return promise;
  }
  runtime::crash_point("engine.accepts");
  state.outbox.add(run_accepted{promise, std::move(*accepted)});
  pursue(self);
  return promise;
}

auto submit_many(engine_pointer self, const messages::SubmitRuns& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::RunsAccepted>();
  if (is_refused(state, promise))
    return promise;
  state.ledger->set_time(state.clock->now());
  auto answer = messages::RunsAccepted{};
  for (const auto& run : wanted.runs()) {
    auto accepted = accept(state, run);
    auto& each = *answer.add_each();
    if (accepted)
      *each.mutable_accepted() = std::move(*accepted);
    else
      *each.mutable_refused()
        = runtime::to_problem_message<messages::ProblemReport>(
          accepted.error());
  }
  state.outbox.add(runs_accepted{promise, std::move(answer)});
  pursue(self);
  return promise;
}

auto apply_workflow(engine_pointer self,
                    const messages::ApplyWorkflow& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::WorkflowApplied>();
  if (is_refused(state, promise, wanted))
    return promise;
  const auto of = state.workflows->parse(wanted.text(), wanted.file());
  if (!of) {
    promise.deliver(runtime::to_error(of.error()));
    return promise;
  }
  const auto known = [&](const std::string& id) {
    return state.workflows->newest(id).value_or(pinned_workflow{});
  };
  if (auto checked = check_failure_workflow(*of->definition, known); !checked) {
    promise.deliver(runtime::to_error(checked.error()));
    return promise;
  }
  state.workflows->apply(*of, wanted.by());
  auto answer = messages::WorkflowApplied{};
  answer.set_workflow_id(of->definition->id);
  answer.set_digest(of->digest);
  state.outbox.add(workflow_applied{promise, std::move(answer)});
  pursue(self);
  return promise;
}

/// Of a run that is open in the store, but not in the ledger.
auto set_aside() {
  return runtime::fail(problem_kind::conflict,
                       "the run was set aside: its history is broken",
                       "see what troupe doctor says of it");
}

/// A run that is over goes on only when somebody retries one of its steps.
outcome<void> fetch_ended(engine_pointer self,
                          const messages::ChangeRun& wanted) {
  auto& state = self->state;
  if (state.ledger->find(wanted.run_id()) != nullptr)
    return {};
  const auto known = state.stored->find(wanted.run_id());
  if (!known)
    return runtime::fail(known.error());
  if (!known->is_over)
    return set_aside();
  if (wanted.what_case() != messages::ChangeRun::kRetryStep)
    return runtime::fail(problem_kind::conflict,
                         "the run is over: " + known->status);
  auto run = state.stored->fold(known->number, known->workflow_digest);
  if (!run)
    return runtime::fail(run.error());
  state.ledger->restore(known->number, std::move(*run));
  return {};
}

auto change(engine_pointer self, const messages::ChangeRun& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::RunChanged>();
  if (is_refused(state, promise, wanted))
    return promise;
  state.ledger->set_time(state.clock->now());
  if (wanted.has_withdraw()) {
    if (auto done = withdraw(state, wanted))
      state.outbox.add(run_changed{promise, std::move(*done)});
    else
      promise.deliver(runtime::to_error(done.error()));
    pursue(self);
    return promise;
  }
  auto changed = fetch_ended(self, wanted);
  const auto retried = steps_to_retry(*state.ledger, wanted);
  if (changed)
    changed = change_run(*state.ledger, wanted, state.clock->now());
  const auto number = state.ledger->number_of(wanted.run_id());
  if (changed)
    for (const auto& step : retried)
      add_replay(state.by_hand, *number, step, wanted.by(), state.clock->now());
  if (changed) {
    auto answer = messages::RunChanged{};
    answer.set_status(
      std::string{to_string(state.ledger->find(*number)->status())});
    state.outbox.add(run_changed{promise, std::move(answer)});
  } else {
    promise.deliver(runtime::to_error(changed.error()));
    // If it was fetched for nothing, it goes again.
    if (number)
      state.ledger->forget(*number);
  }
  pursue(self);
  return promise;
}

auto await_run(engine_pointer self, const messages::AwaitRun& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::RunResult>();
  if (is_refused(state, promise))
    return promise;
  if (const auto number = state.ledger->number_of(wanted.run_id())) {
    state.watchers[*number].push_back(promise);
    return promise;
  }
  const auto known = state.stored->find(wanted.run_id());
  if (!known) {
    promise.deliver(runtime::to_error(known.error()));
    return promise;
  }
  if (!known->is_over) {
    promise.deliver(runtime::to_error(set_aside().value()));
    return promise;
  }
  auto result = messages::RunResult{};
  result.set_run_id(known->run_id);
  result.set_status(known->status);
  result.set_reason(known->reason);
  promise.deliver(std::move(result));
  return promise;
}

caf::result<messages::RunProgress>
show_progress(engine_pointer self, const messages::GetRunProgress& wanted) {
  if (self->state.outage)
    return runtime::to_error(*self->state.outage);
  const auto* run = self->state.ledger->find(wanted.run_id());
  if (run == nullptr)
    return runtime::to_error(
      runtime::fail(problem_kind::not_found,
                    "no run " + wanted.run_id() + " is under way")
        .value());
  return progress_of(*run);
}

messages::EngineStatus show_status(const engine_state& state) {
  auto status = messages::EngineStatus{};
  if (state.ledger) {
    status.set_epoch(state.epoch);
    status.set_open_runs(state.ledger->size());
    status.set_ready_tasks(state.ledger->ready_tasks());
  }
  status.set_hosts(state.hosts.size());
  return status;
}

caf::result<messages::GuardStates> show_guards(engine_state& state) {
  if (state.outage)
    return runtime::to_error(*state.outage);
  state.ledger->set_time(state.clock->now());
  return to_message(state.ledger->guards());
}

auto reset_guard(engine_pointer self, const messages::ResetGuard& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::GuardStates>();
  if (is_refused(state, promise))
    return promise;
  const auto now = state.clock->now();
  state.ledger->set_time(now);
  if (const auto done = state.ledger->reset_guard(wanted.guard()); !done) {
    promise.deliver(runtime::to_error(done.error()));
    return promise;
  }
  runtime::log_info("engine", "somebody reset a guard",
                    {{"guard", wanted.guard()}, {"by", wanted.by()}});
  add_guard_records(state.by_hand, state.ledger->take_guard_records(), now);
  auto guards = state.ledger->guards();
  std::erase_if(guards, [&](const desk_status& each) {
    return each.guard != wanted.guard();
  });
  state.outbox.add(guard_reset{promise, to_message(guards)});
  pursue(self);
  return promise;
}

// -- hosts -------------------------------------------------------------------

void pull(engine_pointer self, const messages::GetActivities& request) {
  const auto sender = self->current_sender();
  if (!sender)
    return;
  auto& host = self->state.hosts[sender->id()];
  if (!host.handle) {
    host.handle = caf::actor_cast<activity_host_actor>(sender);
    self->monitor(host.handle);
  }
  host.credit = request.credit();
  host.is_held |= request.is_held();
  host.profile = to_profile(sender->id(), request);
  host.profile.is_held = host.is_held;
  host.running.assign(request.running().begin(), request.running().end());
  auto& state = self->state;
  // Without a ledger, as soon as there is one.
  if (state.ledger) {
    state.ledger->set_time(state.clock->now());
    welcome(self, host);
  }
  pursue(self);
}

void hold(engine_pointer self, hold_activities what) {
  const auto sender = self->current_sender();
  auto& hosts = self->state.hosts;
  const auto host = sender ? hosts.find(sender->id()) : hosts.end();
  if (host == hosts.end())
    return;
  host->second.is_held = what.is_on;
  host->second.profile.is_held = what.is_on;
  auto& state = self->state;
  if (state.ledger) {
    state.ledger->set_time(state.clock->now());
    state.ledger->hold_worker(host->first, what.is_on);
  }
  pursue(self);
}

void end_rebinding(engine_pointer self) {
  auto& state = self->state;
  if (!state.ledger)
    return;
  state.ledger->set_time(state.clock->now());
  runtime::log_info("engine", "all who may run something have said what",
                    {{"unnamed", state.ledger->orphans()}});
  state.ledger->end_rebinding();
  pursue(self);
}

void on_down(engine_pointer self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source == state.store.address()
      || message.source == state.validator.address())
    return self->quit(message.reason);
  if (state.hosts.erase(message.source.id()) == 0 || !state.ledger)
    return;
  state.ledger->set_time(state.clock->now());
  state.ledger->lose_worker(message.source.id(),
                            "its host ended with " + to_string(message.reason));
  pursue(self);
}

outcome<void> take(run_ledger& ledger, const messages::ActivityReport& report,
                   instant now) {
  switch (report.what_case()) {
    case messages::ActivityReport::kProgress:
      return take_progress(ledger, report.progress(), now);
    case messages::ActivityReport::kSucceeded:
      return take_success(ledger, report.succeeded());
    case messages::ActivityReport::kFailed:
      return take_failure(ledger, report.failed());
    default:
      return {};
  }
}

/// How far the run of a report has to be stored for it to be.
std::optional<unstored_reports::mark>
mark_of(const run_ledger& ledger, const messages::ActivityReport& report) {
  if (!report.has_succeeded() && !report.has_failed())
    return std::nullopt;
  const auto& ref
    = report.has_succeeded() ? report.succeeded().ref() : report.failed().ref();
  const auto number = ledger.number_of(ref.run());
  if (!number)
    return std::nullopt;
  return unstored_reports::mark{*number, ledger.find(*number)->sequence()};
}

void take_reports(engine_pointer self,
                  const messages::ActivityReports& reports) {
  auto& state = self->state;
  const auto sender = self->current_sender();
  const auto host = sender ? state.hosts.find(sender->id()) : state.hosts.end();
  if (host != state.hosts.end())
    host->second.credit += reports.credit();
  if (!state.ledger)
    return; // Nothing was given out under its epoch.
  const auto now = state.clock->now();
  state.ledger->set_time(now);
  runtime::crash_point("engine.hears_reports");
  for (const auto& report : reports.reports())
    // One that comes too late changes nothing.
    if (const auto taken = take(*state.ledger, report, now); !taken)
      runtime::log_debug("engine", "a report was refused",
                         {{"reason", taken.error().message}});
  pursue(self);
}

void take_durable(engine_pointer self, const durable_reports& reports) {
  take_reports(self, reports.what);
  auto& state = self->state;
  const auto sender = self->current_sender();
  const auto host = sender ? state.hosts.find(sender->id()) : state.hosts.end();
  if (host == state.hosts.end() || !state.ledger)
    return;
  auto marks = std::vector<unstored_reports::mark>{};
  for (const auto& report : reports.what.reports())
    if (const auto mark = mark_of(*state.ledger, report))
      marks.push_back(*mark);
  host->second.unstored.add(reports.number, std::move(marks));
  tell_stored(self); // If none of it was news.
}

private_engine_actor::behavior_type
engine(engine_pointer self, const runtime::store_actor& store,
       const run_validation_actor& validator, const engine_options& options) {
  auto& state = self->state;
  state.options = options;
  state.clock.emplace(*options.time);
  state.store = store;
  state.validator = validator;
  self->monitor(store);
  self->monitor(validator);
  self->set_down_handler(
    [=](const caf::down_msg& message) { on_down(self, message); });
  start_engine(self);
  return {
    [=](const messages::GetActivities& request) { pull(self, request); },
    [=](const messages::ActivityReports& reports) {
      take_reports(self, reports);
    },
    [=](const durable_reports& reports) { take_durable(self, reports); },
    [=](hold_activities what) { hold(self, what); },
    [=](all_have_spoken) { end_rebinding(self); },
    [=](const messages::SubmitRun& wanted) { return submit(self, wanted); },
    [=](const messages::SubmitRuns& wanted) {
      return submit_many(self, wanted);
    },
    [=](const messages::ApplyWorkflow& wanted) {
      return apply_workflow(self, wanted);
    },
    [=](const messages::ChangeRun& wanted) { return change(self, wanted); },
    [=](const messages::AwaitRun& wanted) { return await_run(self, wanted); },
    [=](const messages::GetRunProgress& wanted) {
      return show_progress(self, wanted);
    },
    [=](const messages::GetEngineStatus&) { return show_status(self->state); },
    [=](const messages::GetGuards&) { return show_guards(self->state); },
    [=](const messages::ResetGuard& wanted) {
      return reset_guard(self, wanted);
    },
    [=](const messages::GetQueue&) { return show_queue(self); },
    [=](const messages::ChangeQueue& wanted) {
      return change_queue(self, wanted);
    },
    [=](pursue_now) { do_pursue(self); },
    [=](const engine_tick& tick) {
      if (self->state.next_tick != tick.due)
        return;
      self->state.next_tick.reset();
      if (self->state.outage)
        start_engine(self);
      else
        pursue(self);
    },
    [=](const ask_again& question) {
      ask_validator(self, {question.run});
      pursue(self);
    },
  };
}

} // namespace

engine_actor spawn_engine(caf::actor_system& system,
                          const runtime::store_actor& store,
                          const run_validation_actor& validator,
                          engine_options options) {
  return system.spawn<caf::detached>(engine, store, validator,
                                     std::move(options));
}

} // namespace troupe::engine
