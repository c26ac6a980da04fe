#include "actors/engine/run_ledger.hpp"

#include "actors/engine/failure_workflow.hpp"
#include "actors/engine/planted_bug.hpp"

#include <algorithm>

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::json;

run_ledger::run_ledger(run_ledger_options options, sources from)
  : options_{std::move(options)}, from_{std::move(from)},
    queue_{options_.queue}, desk_{options_.guards} {
  context_.epoch = from_.epoch;
  context_.draw = from_.draw;
  context_.new_id = from_.new_id;
  context_.may_retry = [this](const std::string& guard) {
    return desk_.try_retry(desk_.id_of(guard), context_.now);
  };
  if (options_.submissions_per_minute != 0)
    submissions_.emplace(runtime::rate_limit_options{
      options_.submissions_per_minute, std::chrono::minutes{1},
      options_.submissions_per_minute});
}

void run_ledger::set_time(instant now) {
  context_.now = std::max(context_.now, now);
}

// -- recovery -----------------------------------------------------------------

live_run& run_ledger::add(run_number number, std::unique_ptr<run_state> state) {
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
  set_time(state.updated_at());
  live.is_over = is_over(state.status());
  live.was_open = !live.is_over;
  live.stored = state.sequence();
  live.snapshot = live.stored - live.stored % snapshot_interval;
  live.is_paused = state.is_paused();
  live.is_cancelling = state.is_cancelling();
  if (const auto& key = state.submission().idempotency_key();
      !key.empty() && !state.is_withdrawn())
    by_key_[key] = {state.submission().run_id(), number, true};
  restore_turn(live);
  if (const auto& key = state.submission().concurrency_key(); !key.empty()) {
    auto& room = keys_[key];
    room.limit = state.definition().concurrency
                   ? state.definition().concurrency->limit
                   : 1;
    if (live.is_over)
      return;
    if (state.has_started()
        || state.queued_for().reason() == messages::RunQueued::RUNNING_MAX)
      room.running.insert(number);
    else if (!state.is_pending())
      room.waiting.push_back(number);
  }
}

void run_ledger::finish_recovery(run_number last_number) {
  last_number_ = std::max(last_number_, last_number);
  auto numbers = std::vector<run_number>{};
  for (const auto& [number, live] : runs_)
    numbers.push_back(number);
  std::ranges::sort(numbers);
  for (const auto number : numbers) {
    auto& live = *find_live(number);
    set_alarm(live);
    if (live.state->is_pending()) {
      admit_in_time(live);
      continue;
    }
    auto lost = std::vector<task_claim_key>{};
    for (const auto& what : claims_of(*live.state))
      if (!adopt(live, what))
        lost.push_back(what);
    decide_on(live, [&](run_decision& decision) -> outcome<void> {
      for (const auto& [task, claim] : lost)
        static_cast<void>(decision.lose(task, claim, lost_with_engine,
                                        run_decision::loss::restart));
      return decision.wake();
    });
    if (!has_bug(planted_bug::lose_queue))
      sync_all(live);
  }
  // Room that a run left while nobody could be told.
  for (auto& [key, room] : keys_)
    fill_room(room);
  fill_turns();
  do_deferred();
}

// -- commands -----------------------------------------------------------------

tl::unexpected<runtime::problem>
run_ledger::no_such_run(std::string_view run_id) {
  return runtime::fail(problem_kind::not_found,
                       "no run " + std::string{run_id} + " is under way",
                       "list them with troupe run list");
}

/// Whether there is room for anything new. To be asked before anything costly:
/// under overload most requests end here.
outcome<void> run_ledger::check_room(const run_request& request) {
  if (runs_.size() >= options_.runs_max
      || queue_.size() >= options_.queue.pending_max) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(
      queue_.refuse_full(context_.now).retry_after);
    auto refusal
      = runtime::fail(problem_kind::unavailable,
                      std::to_string(queue_.size()) + " tasks and "
                        + std::to_string(runs_.size()) + " runs wait already",
                      "try again in " + std::to_string(wait.count()) + " s");
    note_refusal(refusals_.full, request, refusal.value());
    return refusal;
  }
  return {};
}

/// Whether the policy of its concurrency key lets the request in.
outcome<void> run_ledger::check_key(const run_request& request,
                                    const std::string& key,
                                    run_number leaving) const {
  const auto room = keys_.find(key);
  // Who starts later has to find room then.
  if (key.empty() || room == keys_.end() || request.not_before > context_.now
      || room->second.running.size() - room->second.running.count(leaving)
           < room->second.limit
      || request.of.definition->concurrency->on_conflict
           != conflict_policy::skip)
    return {};
  return runtime::fail(problem_kind::conflict,
                       "a run with the key " + key + " is under way",
                       "wait for it, or choose on_conflict: queue");
}

outcome<submitted_run> run_ledger::submit(const run_request& request) {
  if (auto known = find_known(request.idempotency_key))
    return std::move(*known);
  if (auto room = check_room(request); !room)
    return runtime::fail(room.error());
  if (auto possible = check_needs(*request.of.definition); !possible)
    return runtime::fail(possible.error());
  if (auto known = check_guards(*request.of.definition); !known)
    return runtime::fail(known.error());
  if (auto known
      = check_failure_workflow(*request.of.definition, from_.definition);
      !known)
    return runtime::fail(known.error());
  auto submission = make_submission(request, from_.new_id(), context_.now);
  if (!submission)
    return runtime::fail(submission.error());
  if (auto free = check_key(request, submission->concurrency_key()); !free)
    return runtime::fail(free.error());
  if (auto rate = check_rate(request); !rate)
    return runtime::fail(rate.error());
  auto result = accept(*submission, request.of.definition);
  do_deferred();
  return result;
}

std::optional<submitted_run>
run_ledger::find_known(const std::string& key) const {
  if (key.empty())
    return std::nullopt;
  auto known = std::optional<submitted_run>{};
  if (const auto found = by_key_.find(key); found != by_key_.end())
    known = found->second;
  else if (from_.known_run)
    known = from_.known_run(key);
  if (known)
    known->is_known = true;
  return known;
}

submitted_run run_ledger::accept(const messages::RunSubmitted& submission,
                                 std::shared_ptr<const workflow> definition,
                                 const derivation_plan* taken) {
  const auto number = last_number_ + 1;
  auto& live = add(number, std::make_unique<run_state>(std::move(definition)));
  live.is_new = true;
  by_id_[submission.run_id()] = number;
  const auto result = submitted_run{submission.run_id(), number, false};
  if (!submission.idempotency_key().empty())
    by_key_[submission.idempotency_key()] = result;
  decide_on(live, [&](run_decision& it) {
    return it.submit(submission).and_then([&] {
      return taken == nullptr ? outcome<void>{}
                              : it.take_over(taken->taken, taken->signals);
    });
  });
  admit_in_time(live);
  return result;
}

/// Starts the run, or lets it wait for room under its concurrency key.
void run_ledger::admit(live_run& live) {
  const auto& key = live.state->submission().concurrency_key();
  const auto& limit = live.state->definition().concurrency;
  if (key.empty() || !limit)
    return start_in_turn(live);
  auto& room = keys_[key];
  room.limit = limit->limit;
  // Nobody passes those who wait already.
  if ((room.running.size() < room.limit && room.waiting.empty())
      || has_bug(planted_bug::ignore_limit)) {
    room.running.insert(live.number);
    return start_in_turn(live);
  }
  auto request = messages::RunCancelRequested{};
  request.set_by("the concurrency key " + key);
  request.set_terminate(true);
  // With `skip`, who waited for an instant was not refused.
  if (limit->on_conflict == conflict_policy::cancel_new
      || limit->on_conflict == conflict_policy::skip) {
    decide_on(live, [&](run_decision& it) { return it.cancel(request); });
    return;
  }
  room.waiting.push_back(live.number);
  decide_on(live, [](run_decision& it) { return it.queue(); });
  fill_room(room);
  if (limit->on_conflict != conflict_policy::cancel_running)
    return;
  request.set_terminate(false);
  request.set_stop_at(runtime::to_microseconds(context_.now + cancel_grace));
  for (const auto other : room.running)
    deferred_.push_back([this, other, request] {
      if (auto* running = find_live(other);
          running != nullptr && !running->state->is_cancelling())
        decide_on(*running,
                  [&](run_decision& it) { return it.cancel(request); });
    });
}

// -- what follows -------------------------------------------------------------

/// Keeps events, queue, alarms and holders in step with a run.
void run_ledger::follow(live_run& live, run_decision& decision) {
  const auto& events = decision.events();
  const auto is_submission
    = events.events_size() != 0 && events.events(0).has_submitted();
  if (events.events_size() != 0) {
    if (std::exchange(live.awaits_verdict, false) || live.events.empty())
      changed_.push_back(live.number);
    // Of repeated fields, one text after the other is all of them.
    events.AppendToString(&live.events);
    settle_permits(live, events);
  }
  for (const auto& task : decision.take_touched())
    sync(live, task);
  const auto& state = *live.state;
  if (state.is_paused() != live.is_paused) {
    live.is_paused = state.is_paused();
    live.is_finished = false; // A pause withdraws it.
    sync_all(live);
    if (state.is_pending())
      set_alarm(live);
  }
  if (state.is_cancelling() && !std::exchange(live.is_cancelling, true)) {
    for (const auto& [what, worker] : live.holders)
      call_off(live, what);
    set_alarm(live);
  }
  if (is_submission)
    set_alarm(live);
  const auto is_over_now = is_over(state.status());
  if (!is_over_now && live.is_over)
    revive(live);
  if (is_over_now && !std::exchange(live.is_over, true))
    end(live);
  else if (state.is_finished() && !is_over_now && !state.is_compensating()
           && !state.is_paused() && !std::exchange(live.is_finished, true))
    finished_.push_back(live.number);
}

/// Somebody has a failed run go on.
void run_ledger::revive(live_run& live) {
  live.is_over = live.is_finished = false;
  std::erase(ended_, live.number);
  const auto& key = live.state->submission().concurrency_key();
  // Asked for by a person: over its limit, if need be.
  if (!key.empty() && live.state->definition().concurrency) {
    auto& room = keys_[key];
    room.limit = live.state->definition().concurrency->limit;
    room.running.insert(live.number);
  }
  restore_turn(live);
  set_alarm(live);
}

void run_ledger::do_deferred() {
  while (!deferred_.empty()) {
    const auto next = std::move(deferred_.front());
    deferred_.pop_front();
    next();
  }
}

void run_ledger::end(live_run& live) {
  for (auto* queued : {&live.queued, &live.queued_backups})
    while (!queued->empty())
      dequeue(*queued, queued->begin()->first);
  auto held = std::vector<task_claim_key>{};
  for (const auto& [what, worker] : live.holders)
    held.push_back(what);
  for (const auto& what : held) {
    call_off(live, what);
    release(live, what);
  }
  drop_orphans(live);
  drop_looks(live);
  leave_key(live);
  leave_turn(live);
  drop_alarms(live);
  if (!live.state->submission().parent_run().empty())
    deferred_.push_back([this, number = live.number] { tell_parent(number); });
  using action = failure_policy::action;
  if (live.state->status() == run_status::failed && !live.state->failure_run()
      && live.state->definition().on_failure.kind == action::start_workflow)
    deferred_.push_back(
      [this, number = live.number] { start_failure_run(number); });
  ended_.push_back(live.number);
}

/// Those who wait longest start, once what is at hand is settled.
void run_ledger::fill_room(key_room& room) {
  while (!room.waiting.empty() && room.running.size() < room.limit) {
    const auto next = room.waiting.front();
    room.waiting.pop_front();
    room.running.insert(next);
    deferred_.push_back([this, next] {
      if (auto* waiting = find_live(next))
        start_in_turn(*waiting);
    });
  }
}

void run_ledger::leave_key(const live_run& live) {
  const auto found = keys_.find(live.state->submission().concurrency_key());
  if (found == keys_.end())
    return;
  auto& room = found->second;
  room.running.erase(live.number);
  std::erase(room.waiting, live.number);
  fill_room(room);
  if (room.running.empty() && room.waiting.empty())
    keys_.erase(found);
}

} // namespace troupe::engine
