#include "actors/engine/run_ledger.hpp"

#include "actors/engine/engine_activities.hpp"
#include "actors/engine/run_scope.hpp"
#include "actors/engine/task_times.hpp"
#include "actors/engine/workflow_inputs.hpp"

#include <algorithm>

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::json;

namespace {

std::int64_t microseconds(instant at) {
  return at.time_since_epoch().count();
}

/// What the key of a workflow's concurrency limit is for this request.
outcome<std::string> concurrency_key(const workflow& of, const json& inputs,
                                     const std::string& run_id) {
  if (!of.concurrency)
    return std::string{};
  auto values = expression_values{};
  values.inputs = inputs;
  values.run_id = run_id;
  auto key = evaluate(of.concurrency->key, values);
  if (!key)
    return runtime::fail(std::move(key.error().reason));
  return of.id + ":"
         + (key->is_string() ? key->get<std::string>() : key->dump());
}

} // namespace

run_ledger::run_ledger(run_ledger_options options, sources from)
  : options_{options}, from_{std::move(from)}, queue_{options.queue} {
  context_.epoch = from_.epoch;
  context_.draw = from_.draw;
  context_.new_id = from_.new_id;
}

void run_ledger::set_time(instant now) {
  context_.now = std::max(context_.now, now);
}

// -- recovery
// --------------------------------------------------------------------

run_ledger::live_run& run_ledger::add(run_number number,
                                      std::unique_ptr<run_state> state) {
  const auto& submission = state->submission();
  last_number_ = std::max(last_number_, number);
  if (!submission.run_id().empty())
    by_id_[submission.run_id()] = number;
  auto& live = runs_[number];
  live.number = number;
  live.state = std::move(state);
  return live;
}

void run_ledger::restore(run_number number, std::unique_ptr<run_state> run) {
  auto& live = add(number, std::move(run));
  const auto& state = *live.state;
  live.is_paused = state.is_paused();
  live.is_cancelling = state.is_cancelling();
  if (const auto& key = state.submission().idempotency_key(); !key.empty())
    by_key_[key] = {state.submission().run_id(), number, true};
  if (const auto& key = state.submission().concurrency_key(); !key.empty()) {
    auto& room = keys_[key];
    room.limit = state.definition().concurrency
                   ? state.definition().concurrency->limit
                   : 1;
    if (state.has_started())
      room.running.insert(number);
    else if (state.status() != run_status::pending)
      room.waiting.push_back(number);
  }
}

void run_ledger::restore_key(const std::string& key, submitted_run of) {
  of.is_known = true;
  by_key_[key] = std::move(of);
}

void run_ledger::finish_recovery(run_number last_number) {
  last_number_ = std::max(last_number_, last_number);
  auto numbers = std::vector<run_number>{};
  for (const auto& [number, live] : runs_)
    numbers.push_back(number);
  std::ranges::sort(numbers);
  for (const auto number : numbers) {
    auto& live = *find_live(number);
    if (live.state->status() == run_status::pending) {
      admit(live);
      continue;
    }
    decide_on(live, [&](run_decision& decision) -> outcome<void> {
      for (auto step = step_index{0}; step < live.state->steps().size(); ++step)
        for (const auto compensation : {false, true}) {
          const auto& state = live.state->steps()[step];
          const auto count
            = compensation ? state.compensations.size() : state.tasks.size();
          for (auto item = std::uint32_t{0}; item < count; ++item) {
            const auto key = task_key{step, item, compensation};
            const auto& work = *live.state->find(key);
            const auto is_held = work.status == work_status::claimed
                                 || work.status == work_status::running;
            if (is_held)
              static_cast<void>(decision.lose(
                key, work.claim, "the engine stopped while it was under way"));
          }
        }
      return {};
    });
    sync_all(live);
    set_alarm(live);
  }
  // Room that a run left while nobody could be told.
  for (auto& [key, room] : keys_)
    while (!room.waiting.empty() && room.running.size() < room.limit) {
      auto& next = *find_live(room.waiting.front());
      room.waiting.pop_front();
      room.running.insert(next.number);
      decide_on(next, [](run_decision& it) { return it.start(); });
    }
  do_deferred();
}

// -- commands
// ----------------------------------------------------------------------

tl::unexpected<runtime::problem>
run_ledger::no_such_run(std::string_view run_id) {
  return runtime::fail(problem_kind::not_found,
                       "no run " + std::string{run_id} + " is under way",
                       "list them with troupe run list");
}

outcome<messages::RunSubmitted>
run_ledger::make_submission(const run_request& request) {
  const auto& of = *request.definition;
  auto submission = messages::RunSubmitted{};
  submission.set_run_id(from_.new_id());
  submission.set_workflow_id(of.id);
  submission.set_workflow_digest(digest(of));
  if (!request.inputs.empty())
    submission.set_inputs(request.inputs.dump());
  submission.set_priority(
    static_cast<std::uint32_t>(request.priority.value_or(of.priority)));
  submission.set_idempotency_key(request.idempotency_key);
  submission.set_by(request.by);
  if (of.timeout)
    submission.set_timeout_at(microseconds(context_.now + *of.timeout));
  auto key = concurrency_key(of, request.inputs, submission.run_id());
  if (!key)
    return runtime::fail(key.error());
  submission.set_concurrency_key(std::move(*key));
  return submission;
}

/// Whether the request is let in at all.
outcome<void> run_ledger::check_room(const run_request& request,
                                     const std::string& key) {
  if (runs_.size() >= options_.runs_max
      || queue_.size() >= options_.queue.pending_max) {
    const auto rate = queue_.figures(context_.now).taken_per_second;
    const auto wait = rate && *rate > 0 ? 1.0 / *rate : 1.0;
    return runtime::fail(
      problem_kind::unavailable,
      std::to_string(queue_.size()) + " tasks and "
        + std::to_string(runs_.size()) + " runs wait already",
      "try again in " + std::to_string(std::max(1, static_cast<int>(wait)))
        + " s");
  }
  const auto room = keys_.find(key);
  if (key.empty() || room == keys_.end()
      || room->second.running.size() < room->second.limit
      || request.definition->concurrency->on_conflict != conflict_policy::skip)
    return {};
  return runtime::fail(problem_kind::conflict,
                       "a run with the key " + key + " is under way",
                       "wait for it, or choose on_conflict: queue");
}

outcome<submitted_run> run_ledger::submit(const run_request& request) {
  if (!request.idempotency_key.empty())
    if (const auto known = by_key_.find(request.idempotency_key);
        known != by_key_.end()) {
      auto result = known->second;
      result.is_known = true;
      return result;
    }
  auto submission = make_submission(request);
  if (!submission)
    return runtime::fail(submission.error());
  if (auto room = check_room(request, submission->concurrency_key()); !room)
    return runtime::fail(room.error());
  auto result = accept(*submission, request.definition);
  do_deferred();
  return result;
}

submitted_run run_ledger::accept(const messages::RunSubmitted& submission,
                                 std::shared_ptr<const workflow> definition) {
  const auto number = last_number_ + 1;
  auto& live = add(number, std::make_unique<run_state>(std::move(definition)));
  live.is_new = true;
  by_id_[submission.run_id()] = number;
  const auto result = submitted_run{submission.run_id(), number, false};
  if (!submission.idempotency_key().empty())
    by_key_[submission.idempotency_key()] = result;
  decide_on(live, [&](run_decision& it) { return it.submit(submission); });
  admit(live);
  return result;
}

/// Starts the run, or lets it wait for room under its concurrency key.
void run_ledger::admit(live_run& live) {
  const auto start = [](run_decision& it) { return it.start(); };
  const auto& key = live.state->submission().concurrency_key();
  const auto& limit = live.state->definition().concurrency;
  if (key.empty() || !limit) {
    decide_on(live, start);
    return;
  }
  auto& room = keys_[key];
  room.limit = limit->limit;
  if (room.running.size() < room.limit) {
    room.running.insert(live.number);
    decide_on(live, start);
    return;
  }
  auto request = messages::RunCancelRequested{};
  request.set_by("the concurrency key " + key);
  request.set_terminate(true);
  if (limit->on_conflict == conflict_policy::cancel_new) {
    decide_on(live, [&](run_decision& it) { return it.cancel(request); });
    return;
  }
  room.waiting.push_back(live.number);
  decide_on(live, [](run_decision& it) { return it.queue(); });
  if (limit->on_conflict != conflict_policy::cancel_running)
    return;
  request.set_terminate(false);
  request.set_stop_at(microseconds(context_.now + std::chrono::seconds{30}));
  for (const auto other : room.running)
    deferred_.push_back([this, other, request] {
      if (auto* running = find_live(other);
          running != nullptr && !running->state->is_cancelling())
        decide_on(*running,
                  [&](run_decision& it) { return it.cancel(request); });
    });
}

// -- what follows
// --------------------------------------------------------------------

/// Keeps events, queue, alarms and holders in step with a run.
void run_ledger::follow(live_run& live, run_decision& decision) {
  auto events = decision.take_events();
  if (events.events_size() != 0) {
    if (live.events.events_size() == 0)
      changed_.push_back(live.number);
    live.events.MergeFrom(events);
  }
  for (const auto& task : decision.take_touched())
    sync(live, task);
  const auto& state = *live.state;
  if (state.is_paused() != live.is_paused) {
    live.is_paused = state.is_paused();
    sync_all(live);
  }
  if (state.is_cancelling() && !std::exchange(live.is_cancelling, true)) {
    for (const auto& [task, worker] : live.holders)
      call_off(live, task);
    set_alarm(live);
  }
  if (events.events_size() != 0 && events.events(0).has_submitted())
    set_alarm(live);
  const auto is_over_now = is_over(state.status());
  if (!is_over_now && live.is_over)
    live.is_over = live.is_finished = false; // Retried by hand.
  if (is_over_now && !std::exchange(live.is_over, true))
    end(live);
  else if (state.is_finished() && !is_over_now && !state.is_compensating()
           && !std::exchange(live.is_finished, true))
    finished_.push_back(live.number);
}

void run_ledger::do_deferred() {
  while (!deferred_.empty()) {
    const auto next = std::move(deferred_.front());
    deferred_.pop_front();
    next();
  }
}

void run_ledger::end(live_run& live) {
  while (!live.queued.empty())
    dequeue(live, live.queued.begin()->first);
  auto held = std::vector<task_key>{};
  for (const auto& [task, worker] : live.holders)
    held.push_back(task);
  for (const auto& task : held) {
    call_off(live, task);
    release(live, task, live.state->find(task)->claim);
  }
  leave_key(live);
  if (!live.state->submission().parent_run().empty())
    deferred_.push_back([this, number = live.number] { tell_parent(number); });
  ended_.push_back(live.number);
}

void run_ledger::leave_key(const live_run& live) {
  const auto found = keys_.find(live.state->submission().concurrency_key());
  if (found == keys_.end())
    return;
  auto& room = found->second;
  room.running.erase(live.number);
  std::erase(room.waiting, live.number);
  while (!room.waiting.empty() && room.running.size() < room.limit) {
    const auto next = room.waiting.front();
    room.waiting.pop_front();
    room.running.insert(next);
    deferred_.push_back([this, next] {
      if (auto* waiting = find_live(next))
        decide_on(*waiting, [](run_decision& it) { return it.start(); });
    });
  }
  if (room.running.empty() && room.waiting.empty())
    keys_.erase(found);
}

/// The run that a task of kind `workflow` waits for.
void run_ledger::start_child(run_number parent, const task_key& task) {
  auto* live = find_live(parent);
  const auto* work = live == nullptr ? nullptr : live->state->find(task);
  if (work == nullptr || work->status != work_status::waiting
      || by_id_.contains(work->what))
    return;
  const auto refuse = [&](std::string message) {
    auto error = messages::TaskError{};
    error.set_kind("invalid_input");
    error.set_message(std::move(message));
    error.set_permanent(true);
    decide_on(*live, [&](run_decision& it) {
      return it.child_ended(task, {}, error);
    });
  };
  const auto input = input_of(*live->state, task);
  if (!input)
    return refuse(runtime::render(input.error()));
  const auto id = input->value("id", std::string{});
  auto request = run_request{};
  request.definition = from_.definition(id);
  if (!request.definition)
    return refuse("there is no workflow " + id);
  auto inputs
    = check_inputs(*request.definition, input->value("inputs", json::object()));
  if (!inputs)
    return refuse(runtime::render(inputs.error().front()));
  request.inputs = std::move(*inputs);
  request.by = "run " + live->state->submission().run_id();
  auto submission = make_submission(request);
  if (!submission)
    return refuse(runtime::render(submission.error()));
  submission->set_run_id(work->what);
  submission->set_parent_run(live->state->submission().run_id());
  *submission->mutable_parent_task() = to_message(task);
  accept(*submission, request.definition);
}

void run_ledger::tell_parent(run_number child) {
  const auto* live = find_live(child);
  if (live == nullptr)
    return;
  const auto& state = *live->state;
  auto* parent = find_live(state.submission().parent_run());
  if (parent == nullptr)
    return;
  auto error = std::optional<messages::TaskError>{};
  if (state.status() != run_status::completed) {
    error.emplace();
    error->set_kind("child_" + std::string{to_string(state.status())});
    error->set_message("run " + state.submission().run_id() + ": "
                       + state.reason());
  }
  auto output = json::object();
  for (auto step = step_index{0}; step < state.steps().size(); ++step)
    if (auto value = output_of(state, step))
      output[state.definition().steps[step].id] = std::move(*value);
  decide_on(*parent, [&](run_decision& it) {
    return it.child_ended(from_message(state.submission().parent_task()),
                          output, error);
  });
}

} // namespace troupe::engine
