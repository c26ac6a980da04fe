#include "actors/engine/activity_catalog.hpp"
#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/task_times.hpp"

#include <algorithm>
#include <functional>

// Who works on what, and what is due when.

namespace troupe::engine {

using runtime::outcome;

const live_run* run_ledger::find_live(run_number number) const {
  const auto found = runs_.find(number);
  return found == runs_.end() ? nullptr : &found->second;
}

live_run* run_ledger::find_live(run_number number) {
  const auto found = runs_.find(number);
  return found == runs_.end() ? nullptr : &found->second;
}

live_run* run_ledger::find_live(std::string_view run_id) {
  const auto found = by_id_.find(run_id);
  return found == by_id_.end() ? nullptr : find_live(found->second);
}

// -- the queue ----------------------------------------------------------------

void run_ledger::sync(live_run& live, const task_key& task) {
  const auto& work = *live.state->find(task);
  const auto& activity = call_of(live.state->definition(), task).activity;
  const auto is_wanted = is_ready(work, context_.now)
                         && !live.state->is_paused() && !is_of_engine(activity);
  if (is_wanted && !live.queued.contains(task))
    enqueue(live, task, work, patience::whole);
  else if (!is_wanted)
    dequeue(live.queued, task);
  release_losers(live, task);
  sync_backup(live, task);
  set_alarm(live, task);
  sync_child(live, task);
}

void run_ledger::sync_all(live_run& live) {
  for (auto step = step_index{0}; step < live.state->steps().size(); ++step)
    for (const auto compensation : {false, true}) {
      const auto& state = live.state->steps()[step];
      const auto count
        = compensation ? state.compensations.size() : state.tasks.size();
      for (auto item = std::uint32_t{0}; item < count; ++item)
        sync(live, {step, item, compensation});
    }
}

priority_class run_ledger::priority_of(const live_run& live) {
  return static_cast<priority_class>(std::min<std::uint32_t>(
    live.state->submission().priority(), priority_classes - 1));
}

/// Where it belongs in the queue, but for who may have it.
ready_work run_ledger::prepare(const live_run& live, const task_key& task) {
  const auto& submission = live.state->submission();
  const auto& definition = live.state->definition();
  auto ready = ready_work{};
  ready.task = ++last_handle_;
  ready.priority = priority_of(live);
  if (submission.deadline_at() != 0)
    ready.deadline = runtime::from_microseconds(submission.deadline_at());
  ready.fairness_key = std::hash<std::string>{}(submission.workflow_id());
  ready.activity = intern(call_of(definition, task).activity);
  ready.needed = amounts_of(definition.steps[task.step].resources);
  ready.guard = desk_.id_of(call_of(definition, task).guard);
  return ready;
}

task_handle run_ledger::push(const ready_work& ready, queued_place at) {
  // New runs were let in or refused before; what they go on with is not.
  static_cast<void>(queue_.push(ready, context_.now, admission::known));
  places_[ready.task] = std::move(at);
  desk_.enter(ready.guard);
  return ready.task;
}

void run_ledger::enqueue(live_run& live, const task_key& task,
                         const task_work& work, patience left) {
  auto ready = prepare(live, task);
  ready.enqueued = work.ready_since;
  auto at = queued_place{live.number, task, ready.guard};
  find_place(live, work, ready, at, left);
  live.queued[task] = push(ready, std::move(at));
}

void run_ledger::dequeue(std::map<task_key, task_handle>& from,
                         const task_key& task) {
  const auto found = from.find(task);
  if (found == from.end())
    return;
  queue_.remove(found->second);
  leave_queue(found->second);
  from.erase(found);
}

// -- workers ------------------------------------------------------------------

/// For whoever reads the history.
std::string run_ledger::name_of(std::uint64_t worker) const {
  const auto known = workers_.find(worker);
  return known == workers_.end() || known->second.node.empty()
           ? "worker " + std::to_string(worker)
           : "node " + known->second.node;
}

/// Claims and begins in one decision: nothing happens in between that would be
/// worth a commit.
std::optional<assignment> run_ledger::hand_out(const queued_place& at,
                                               std::uint64_t worker,
                                               const ready_work& what,
                                               const std::string& group) {
  auto& live = *find_live(at.number);
  (at.is_backup ? live.queued_backups : live.queued).erase(at.task);
  auto claimed = std::optional<task_claim>{};
  const auto is_stored
    = live.state->find(at.task)->entered <= std::max(live.stored, live.follows)
      || has_bug(planted_bug::begin_unstored);
  decide_on(live, [&](run_decision& it) -> outcome<void> {
    auto claim = at.is_backup
                   ? it.speculate(at.task, name_of(worker))
                   : it.claim(at.task, name_of(worker),
                              context_.now + std::chrono::seconds{10});
    if (!claim)
      return runtime::fail(claim.error());
    claimed = std::move(*claim);
    return at.is_backup ? outcome<void>{} : it.begin(at.task, claimed->claim);
  });
  if (!claimed)
    return std::nullopt;
  live.holders[{at.task, claimed->claim}] = worker;
  hold(worker, {at.number, at.task}, {what.needed, group, {}, claimed->claim});
  const auto& definition = live.state->definition();
  const auto& call = call_of(definition, at.task);
  return assignment{live.state->submission().run_id(),
                    definition.steps[at.task.step].id,
                    call.activity,
                    std::move(*claimed),
                    call.with.secrets,
                    call.timeouts,
                    is_stored};
}

outcome<void> run_ledger::check_epoch(const claim_id& claim) const {
  if (claim.epoch == from_.epoch || has_bug(planted_bug::ignore_epoch))
    return {};
  return runtime::fail(runtime::problem_kind::conflict,
                       "the work was given out by an engine that was replaced");
}

outcome<void> run_ledger::beat(std::string_view run_id, const task_key& task,
                               const claim_id& claim,
                               const nlohmann::json& progress) {
  if (auto current = check_epoch(claim); !current)
    return current;
  return decide(run_id, [&](run_decision& it) {
    return it.beat(task, claim.number, progress);
  });
}

// -- time ---------------------------------------------------------------------

void run_ledger::set_alarm(live_run& live, const task_key& task) {
  const auto deadline = deadline_of(*live.state, task, context_.now);
  set_alarm(live, task, deadline ? std::optional{deadline->at} : std::nullopt);
}

void run_ledger::set_alarm(live_run& live) {
  set_alarm(live, std::nullopt, run_deadline(*live.state));
}

/// There is one at most for each task.
void run_ledger::set_alarm(live_run& live, const std::optional<task_key>& task,
                           std::optional<instant> at) {
  const auto known = live.alarms.find(task);
  if (known != live.alarms.end()) {
    if (at == known->second)
      return;
    alarms_.erase({known->second, live.number, task});
    live.alarms.erase(known);
  }
  if (!at)
    return;
  if (has_bug(planted_bug::lose_timer) && task)
    return;
  live.alarms[task] = *at;
  alarms_.insert({*at, live.number, task});
}

void run_ledger::drop_alarms(live_run& live) {
  for (const auto& [task, at] : live.alarms)
    alarms_.erase({at, live.number, task});
  live.alarms.clear();
}

bool run_ledger::check_time(std::size_t most) {
  const auto is_due = [this] {
    return !alarms_.empty()
           && std::get<instant>(*alarms_.begin()) <= context_.now;
  };
  lose_due_orphans(most);
  end_patience(most);
  look_for_stragglers(most);
  for (; most != 0 && is_due(); --most) {
    const auto [at, number, task] = *alarms_.begin();
    auto& live = *find_live(number);
    set_alarm(live, task, std::nullopt);
    if (!task && begin_in_time(live)) {
      if (!live.is_over)
        set_alarm(live);
      continue;
    }
    if (!task) {
      const auto said = live.state->said_of_deadline();
      decide_on(live, [](run_decision& it) { return it.check_time(); });
      if (live.state->said_of_deadline() != said)
        deadline_notices_.emplace_back(number, live.state->said_of_deadline());
      if (!live.is_over)
        set_alarm(live);
      continue;
    }
    decide_on(live, [&, key = *task](run_decision& it) {
      return it.check_time(key);
    });
    // A task that is ready again by time alone has no event to tell of it.
    if (!live.is_over)
      sync(live, *task);
  }
  do_deferred();
  return is_due() || has_due_orphans() || has_impatient() || has_due_looks();
}

std::optional<instant> run_ledger::next_check() const {
  auto next = desk_.next_check(context_.now);
  if (!alarms_.empty()
      && (!next || std::get<instant>(*alarms_.begin()) < *next))
    next = std::get<instant>(*alarms_.begin());
  if (!orphans_.empty() && (!next || orphans_until_ < *next))
    next = orphans_until_;
  if (!patient_.empty() && (!next || patient_.begin()->first < *next))
    next = patient_.begin()->first;
  if (!looks_.empty() && (!next || std::get<instant>(*looks_.begin()) < *next))
    next = std::get<instant>(*looks_.begin());
  return next;
}

// -- what comes out -----------------------------------------------------------

namespace {

/// A planted mistake: the last of several events is not stored.
void lose_last(std::string& bytes) {
  auto events = messages::RunEvents{};
  if (!events.ParseFromString(bytes) || events.events_size() < 2)
    return;
  events.mutable_events()->RemoveLast();
  bytes = events.SerializeAsString();
}

} // namespace

/// Whether one is due behind what was taken.
snapshot_change run_ledger::snapshot_of(live_run& live) const {
  const auto& state = *live.state;
  const auto since = state.sequence() - live.snapshot;
  if (live.is_over)
    return std::exchange(live.snapshot, state.sequence()) == 0
             ? snapshot_change::none
             : snapshot_change::drop;
  if (since < snapshot_interval
      || since < options_.snapshot_events_per_task * state.work_count())
    return snapshot_change::none;
  live.snapshot = state.sequence();
  return snapshot_change::store;
}

std::vector<run_change> run_ledger::take_changes() {
  auto changes = std::vector<run_change>{};
  for (const auto number : std::exchange(changed_, {})) {
    auto* live = find_live(number);
    // Whose verdict is awaited comes back with it.
    if (live == nullptr || live->awaits_verdict || live->events.empty())
      continue;
    if (has_bug(planted_bug::lose_change) && live->is_paused)
      lose_last(live->events);
    live->in_flight
      = std::make_shared<const std::string>(std::exchange(live->events, {}));
    live->in_flight_last = live->state->sequence();
    live->must_store = false;
    in_flight_.push_back(number);
    const auto is_open = !live->is_over;
    changes.push_back({number, std::exchange(live->is_new, false),
                       live->in_flight, live->in_flight_last,
                       snapshot_of(*live),
                       std::exchange(live->was_open, is_open), is_open});
  }
  return changes;
}

void run_ledger::mark_stored() {
  for (const auto number : std::exchange(in_flight_, {}))
    if (auto* live = find_live(number); live != nullptr && live->in_flight) {
      live->stored = live->in_flight_last;
      live->in_flight.reset();
    }
}

std::string run_ledger::unstored(run_number of) const {
  const auto* live = find_live(of);
  if (live == nullptr)
    return {};
  return live->in_flight ? *live->in_flight + live->events : live->events;
}

bool run_ledger::is_stored(run_number of, std::uint64_t sequence) const {
  const auto* live = find_live(of);
  return live == nullptr || live->stored >= sequence;
}

void run_ledger::stop_waiting(run_number of) {
  auto* live = find_live(of);
  if (live != nullptr && std::exchange(live->awaits_verdict, false))
    changed_.push_back(of);
}

std::vector<called_off> run_ledger::take_called_off() {
  return std::exchange(called_off_, {});
}

std::vector<run_number> run_ledger::take_finished() {
  auto finished = std::exchange(finished_, {});
  // Some may have been cancelled meanwhile.
  std::erase_if(finished, [this](run_number number) {
    const auto* run = find(number);
    return run == nullptr || is_over(run->status()) || run->is_cancelling()
           || run->is_compensating() || run->is_paused();
  });
  for (const auto number : finished)
    find_live(number)->awaits_verdict = !find_live(number)->must_store;
  return finished;
}

std::vector<run_number> run_ledger::take_ended() {
  const auto is_stored = [this](run_number one) {
    const auto* live = find_live(one);
    return live == nullptr || (live->events.empty() && !live->in_flight)
           || has_bug(planted_bug::tell_unstored_end);
  };
  const auto unstored = std::partition(ended_.begin(), ended_.end(), is_stored);
  const auto later = std::vector<run_number>(unstored, ended_.end());
  ended_.erase(unstored, ended_.end());
  runs_ended_ += ended_.size();
  return std::exchange(ended_, later);
}

void run_ledger::forget(run_number number) {
  const auto found = runs_.find(number);
  if (found == runs_.end() || !found->second.is_over
      || !found->second.events.empty() || found->second.in_flight)
    return;
  const auto& submission = found->second.state->submission();
  by_id_.erase(submission.run_id());
  // Of one that was withdrawn another run may have the key by now.
  const auto key = by_key_.find(submission.idempotency_key());
  if (key != by_key_.end() && key->second.number == number)
    by_key_.erase(key);
  runs_.erase(found);
}

const run_state* run_ledger::find(run_number number) const {
  const auto found = runs_.find(number);
  return found == runs_.end() ? nullptr : found->second.state.get();
}

const run_state* run_ledger::find(std::string_view run_id) const {
  const auto number = number_of(run_id);
  return number ? find(*number) : nullptr;
}

std::optional<run_number> run_ledger::number_of(std::string_view run_id) const {
  const auto found = by_id_.find(run_id);
  return found == by_id_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<std::string> run_ledger::check() const {
  auto found = queue_.check();
  auto queued = std::size_t{0};
  auto alarms = std::size_t{0};
  auto held = std::size_t{0};
  auto looks = std::size_t{0};
  for (const auto& [number, live] : runs_) {
    const auto name = "run " + live.state->submission().run_id();
    queued += live.queued.size() + live.queued_backups.size();
    alarms += live.alarms.size();
    held += live.holders.size();
    looks += live.looks.size();
    if (!live.is_over && !live.state->waiting_on())
      found.push_back(name + " waits for nothing");
    check_holders(live, found);
    check_permits(live, found);
  }
  if (queued != queue_.size() || queued != places_.size())
    found.push_back("the queue holds work that no run has ready");
  if (alarms != alarms_.size() || looks != looks_.size())
    found.push_back("a timer belongs to no run");
  auto counted = std::size_t{0};
  for (const auto& [worker, works] : held_)
    counted += works.size();
  if (held != counted)
    found.push_back("a worker is counted for work that it does not hold");
  check_desk(found);
  check_placement(found);
  return found;
}

} // namespace troupe::engine
