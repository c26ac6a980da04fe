#include "actors/engine/engine_loop.hpp"
#include "actors/engine/queue_records.hpp"
#include "runtime/logging/log.hpp"

#include <utility>

// What the engine is asked about its queue as a whole, runs that go on from
// others, and runs that are taken back.

namespace troupe::engine {

using namespace std::chrono_literals;

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// How often the load of the machine is looked at.
constexpr auto load_interval = std::chrono::microseconds{1s};

/// A run that is over comes back from the store, for as long as it takes.
outcome<void> fetch(engine_state& state, const std::string& run_id) {
  if (state.ledger->find(run_id) != nullptr)
    return {};
  const auto known = state.stored->find(run_id);
  if (!known)
    return fail(known.error());
  if (!known->is_over)
    return fail(problem_kind::conflict,
                "the run was set aside: its history is broken",
                "see what troupe doctor says of it");
  auto run = state.stored->fold(known->number, known->workflow_digest);
  if (!run)
    return fail(run.error());
  state.ledger->restore(known->number, std::move(*run));
  return {};
}

/// The run when that event had happened.
outcome<std::unique_ptr<run_state>>
run_until(engine_state& state, const std::string& run_id, std::uint64_t event) {
  const auto number = *state.ledger->number_of(run_id);
  auto history = state.stored->history(number);
  if (!history)
    return fail(history.error());
  auto unstored = messages::RunEvents{};
  if (!unstored.ParseFromString(state.ledger->unstored(number)))
    return fail(problem_kind::failed, "an event cannot be decoded");
  // What is being stored may be in the store by now.
  for (auto& each : *unstored.mutable_events())
    if (each.sequence() > history->size())
      history->push_back(std::move(each));
  return fold_until(state.ledger->find(run_id)->shared_definition(), *history,
                    event);
}

outcome<submitted_run> try_derive(engine_state& state,
                                  const messages::SubmitRun& wanted) {
  const auto& derived = wanted.derived();
  auto request = derived_run_request{};
  request.run_id = derived.run_id();
  request.cancels = derived.cancel();
  request.idempotency_key = wanted.idempotency_key();
  request.by = wanted.by();
  const auto* run = state.ledger->find(derived.run_id());
  auto at = std::unique_ptr<run_state>{};
  if (derived.from_case() == messages::RunDerivation::kStep) {
    request.from_step = find_step(run->definition(), derived.step());
    if (!request.from_step)
      return fail(problem_kind::not_found,
                  "the run has no step " + derived.step(),
                  "see its steps with troupe run show");
  } else {
    auto until = run_until(state, derived.run_id(), derived.event());
    if (!until)
      return fail(until.error());
    at = std::move(*until);
    request.at = at.get();
  }
  return state.ledger->derive(request);
}

} // namespace

outcome<messages::RunAccepted> derive(engine_state& state,
                                      const messages::SubmitRun& wanted) {
  if (wanted.not_before() != 0)
    return fail(problem_kind::invalid_input,
                "a run that goes on from another one starts at once",
                "leave not_before out");
  const auto& run_id = wanted.derived().run_id();
  if (auto fetched = fetch(state, run_id); !fetched)
    return fail(fetched.error());
  // Whose name was only the beginning of an id is not there by that.
  const auto number = state.ledger->number_of(run_id);
  if (!number)
    return fail(problem_kind::not_found, "no run " + run_id,
                "write its whole id");
  const auto derived = try_derive(state, wanted);
  // If it was fetched for this, and nothing of it is to be stored, it goes.
  state.ledger->forget(*number);
  if (!derived)
    return fail(derived.error());
  auto answer = messages::RunAccepted{};
  answer.set_run_id(derived->run_id);
  answer.set_number(derived->number);
  answer.set_is_known(derived->is_known);
  return answer;
}

outcome<messages::RunChanged> withdraw(engine_state& state,
                                       const messages::ChangeRun& wanted) {
  const auto number
    = state.ledger->withdraw(wanted.withdraw().idempotency_key(), wanted.by(),
                             wanted.withdraw().reason());
  if (!number)
    return fail(number.error());
  auto answer = messages::RunChanged{};
  answer.set_status(
    std::string{to_string(state.ledger->find(*number)->status())});
  return answer;
}

// -- the queue as a whole -----------------------------------------------------

caf::typed_response_promise<messages::QueueChanged>
change_queue(engine_pointer self, const messages::ChangeQueue& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<messages::QueueChanged>();
  if (state.outage) {
    promise.deliver(runtime::to_error(*state.outage));
    return promise;
  }
  const auto pauses = wanted.what_case() == messages::ChangeQueue::kPause;
  const auto hold
    = queue_hold{wanted.by(), wanted.reason(), state.clock->now()};
  const auto changed
    = pauses ? state.ledger->pause_queue(hold) : state.ledger->resume_queue();
  if (!changed) {
    promise.deliver(runtime::to_error(changed.error()));
    return promise;
  }
  if (pauses)
    add_hold(state.by_hand, hold_source::operators, hold);
  else
    drop_hold(state.by_hand, hold_source::operators);
  runtime::log_info("engine",
                    pauses ? "the queue is paused" : "the queue goes on",
                    {{"by", wanted.by()}, {"reason", wanted.reason()}});
  auto answer = messages::QueueChanged{};
  answer.set_is_paused(pauses);
  state.outbox.add(queue_changed{promise, std::move(answer)});
  pursue(self);
  return promise;
}

caf::result<messages::QueueReport> show_queue(engine_pointer self) {
  auto& state = self->state;
  if (state.outage)
    return runtime::to_error(*state.outage);
  state.ledger->set_time(state.clock->now());
  auto report = state.ledger->queue_report();
  for (auto& worker : *report.mutable_workers())
    if (const auto host = state.hosts.find(worker.id());
        host != state.hosts.end())
      worker.set_credit(host->second.credit);
  return report;
}

// -- the load of the machine --------------------------------------------------

std::optional<instant> next_look(const engine_state& state) {
  if (!state.options.load.has_any() || !state.ledger
      || (state.ledger->ready_tasks() == 0 && !state.ledger->queue_load()))
    return std::nullopt;
  return state.load_seen + load_interval;
}

void look_at_load(engine_state& state, instant now) {
  const auto due = next_look(state);
  if (!due || now < *due)
    return;
  state.load_seen = now;
  const auto load = state.options.read_load();
  // Who cannot be asked holds up nobody.
  auto reason = load ? overload_reason(state.options.load, *load)
                     : std::optional<std::string>{};
  if (!load)
    runtime::log_warning("engine", "the load of the machine is not known",
                         {{"reason", runtime::render(load.error())}});
  const auto was_held = state.ledger->queue_load().has_value();
  state.ledger->hold_queue(std::move(reason));
  const auto& held = state.ledger->queue_load();
  if (held.has_value() == was_held)
    return;
  runtime::log_info("engine", held ? "nothing new begins" : "work begins again",
                    {{"reason", held ? held->reason : "the load is lower"}});
  if (held)
    add_hold(state.by_hand, hold_source::load, *held);
  else
    drop_hold(state.by_hand, hold_source::load);
}

// -- recovery -----------------------------------------------------------------

outcome<void>
restore_queue(engine_state& state,
              const std::map<run_number, std::string>& set_aside) {
  auto holds = state.stored->holds();
  if (!holds)
    return fail(holds.error());
  if (holds->paused)
    static_cast<void>(state.ledger->pause_queue(std::move(*holds->paused)));
  // How busy the machine was then says nothing.
  if (holds->loaded)
    drop_hold(state.by_hand, hold_source::load);
  const auto marked = state.stored->set_aside();
  if (!marked)
    return fail(marked.error());
  if (*marked != set_aside)
    add_set_aside(state.by_hand, set_aside, state.clock->now());
  return {};
}

} // namespace troupe::engine
