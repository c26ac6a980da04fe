#include "actors/scheduler/schedule_decision.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace troupe::scheduler {

namespace {

using messages::ScheduleStart;
using messages::StartSkipped;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

constexpr auto tick = std::chrono::microseconds{1};

} // namespace

schedule_decision::schedule_decision(const schedule_definition& of,
                                     schedule_state& state, instant now,
                                     std::uint64_t epoch)
  : of_{of}, recurrence_{of}, state_{state}, now_{now}, epoch_{epoch} {}

messages::ScheduleEvents schedule_decision::take_events() {
  return std::exchange(events_, {});
}

// -- events -------------------------------------------------------------------

messages::ScheduleEvent& schedule_decision::prepare() {
  auto& event = *events_.add_events();
  event.set_sequence(state_.sequence() + 1);
  event.set_at(to_micros(now_));
  event.set_epoch(epoch_);
  return event;
}

/// State and history cannot differ: an event that the state refuses is a
/// mistake in here.
void schedule_decision::commit() {
  const auto done = state_.apply(events_.events(events_.events_size() - 1));
  if (!done)
    throw std::logic_error(runtime::render(done.error()));
}

void schedule_decision::fire(const start_key& key, const std::string& by) {
  auto& fired = *prepare().mutable_fired();
  *fired.mutable_start() = to_message(key);
  fired.set_by(by);
  commit();
}

void schedule_decision::hold(const start_key& key, const std::string& by) {
  auto& held = *prepare().mutable_held();
  *held.mutable_start() = to_message(key);
  held.set_by(by);
  commit();
}

void schedule_decision::skip(const start_key& key,
                             StartSkipped::Reason reason) {
  auto& skipped = *prepare().mutable_skipped();
  *skipped.mutable_start() = to_message(key);
  skipped.set_reason(reason);
  commit();
}

void schedule_decision::record_pause(const std::string& by,
                                     const std::string& reason) {
  auto& paused = *prepare().mutable_paused();
  paused.set_by(by);
  paused.set_reason(reason);
  commit();
}

// -- commands -----------------------------------------------------------------

outcome<void> schedule_decision::check_created() const {
  if (state_.is_created())
    return {};
  return fail(problem_kind::conflict, "the schedule was not created");
}

outcome<void> schedule_decision::create(const std::string& by) {
  if (state_.is_created())
    return fail(problem_kind::conflict, "there is such a schedule already",
                "change it, or give the new one another id");
  auto& created = *prepare().mutable_created();
  created.set_by(by);
  created.set_paused(of_.is_paused);
  commit();
  return {};
}

outcome<void> schedule_decision::change(const std::string& by) {
  if (auto created = check_created(); !created)
    return created;
  // Starts that jitter has put off go now: the new definition may know nothing
  // of their due times.
  if (state_.is_paused())
    miss_before(now_ + tick, messages::DueTimesMissed::PAUSED);
  else if (settle_due(false))
    return fail(problem_kind::unavailable,
                "due times of the old definition are not decided yet",
                "try again in a moment");
  prepare().mutable_changed()->set_by(by);
  commit();
  return {};
}

outcome<void> schedule_decision::pause(const std::string& by,
                                       const std::string& reason) {
  if (auto created = check_created(); !created)
    return created;
  if (state_.is_paused())
    return fail(problem_kind::conflict, "the schedule is paused already");
  // What was due before the pause is not the pause's fault.
  static_cast<void>(advance());
  record_pause(by, reason);
  return {};
}

outcome<void> schedule_decision::resume(const std::string& by) {
  if (auto created = check_created(); !created)
    return created;
  if (!state_.is_paused())
    return fail(problem_kind::conflict, "the schedule is not paused");
  miss_before(now_ + tick, messages::DueTimesMissed::PAUSED);
  prepare().mutable_resumed()->set_by(by);
  commit();
  release();
  return {};
}

outcome<void> schedule_decision::trigger(const std::string& by) {
  if (auto created = check_created(); !created)
    return created;
  const auto key = start_key{ScheduleStart::BY_HAND, now_};
  if (state_.last_by_hand() && now_ <= *state_.last_by_hand())
    return fail(problem_kind::conflict,
                "the schedule was started by hand at this instant already");
  const auto waits = state_.held_count(ScheduleStart::BY_HAND)
                     + state_.held_count(ScheduleStart::SCHEDULED);
  if (of_.overlap == overlap_policy::skip && !state_.active().empty())
    return fail(problem_kind::conflict, "a run of the schedule is going on",
                "wait for its end, or let the schedule overlap");
  if (of_.overlap == overlap_policy::buffer_one && waits > 0)
    return fail(problem_kind::conflict, "a start of the schedule waits already",
                "wait for it, or let the schedule buffer all");
  if (state_.held().size() >= decision_bounds::held_max)
    return fail(problem_kind::unavailable,
                "too many starts of the schedule wait",
                "wait until some of them have run");
  if (has_room())
    fire(key, by);
  else {
    hold(key, by);
    release();
  }
  return {};
}

outcome<std::size_t> schedule_decision::backfill(
  const backfill_range& range, const std::string& by,
  const std::function<bool(const std::string&)>& has_fired) {
  if (auto created = check_created(); !created)
    return fail(std::move(created.error()));
  const auto undecided = recurrence_.next(state_.decided_until());
  if (range.last < range.first || range.last > now_
      || (undecided && *undecided <= range.last))
    return fail(problem_kind::invalid_input,
                "no range of the past: " + to_string(range.first) + " to "
                  + to_string(range.last),
                "end it before the next due time");
  const auto limit = std::min(range.limit, decision_bounds::due_times_max);
  auto found = std::vector<start_key>{};
  auto scanned = std::size_t{0};
  for (auto due = recurrence_.next(range.first - tick);
       due && *due <= range.last; due = recurrence_.next(*due)) {
    const auto scheduled = start_key{ScheduleStart::SCHEDULED, *due};
    const auto key = start_key{ScheduleStart::BACKFILL, *due};
    const auto is_known = state_.active().contains(key)
                          || state_.held().contains(key)
                          || state_.active().contains(scheduled)
                          || state_.held().contains(scheduled)
                          || has_fired(fire_key(of_.id, key));
    if (!is_known)
      found.push_back(key);
    if (++scanned > decision_bounds::scanned_max || found.size() > limit)
      return fail(problem_kind::invalid_input,
                  "more than " + std::to_string(limit)
                    + " due times to backfill",
                  "give a shorter range, or a higher limit up to "
                    + std::to_string(decision_bounds::due_times_max));
  }
  if (state_.held().size() + found.size() > decision_bounds::held_max)
    return fail(problem_kind::unavailable,
                "too many starts of the schedule wait",
                "wait until some of them have run");
  for (const auto& key : found)
    hold(key, by);
  release();
  return found.size();
}

// -- facts --------------------------------------------------------------------

outcome<void>
schedule_decision::end(const start_key& key,
                       messages::StartEnded::Outcome outcome_of_run) {
  if (!state_.active().contains(key))
    return fail(problem_kind::conflict,
                "no run is going on for " + fire_key(of_.id, key));
  auto& ended = *prepare().mutable_ended();
  *ended.mutable_start() = to_message(key);
  ended.set_outcome(outcome_of_run);
  commit();
  if (of_.pause_on_failures != 0 && !state_.is_paused()
      && state_.failures_in_row() >= of_.pause_on_failures)
    record_pause({}, std::to_string(state_.failures_in_row())
                       + " runs failed in a row");
  release();
  return {};
}

outcome<void> schedule_decision::withdraw(const start_key& key) {
  const auto next = recurrence_.next(key.due);
  if (!state_.is_last_active(key) || (next && *next <= state_.decided_until()))
    return fail(problem_kind::conflict,
                "no start to be taken back: " + fire_key(of_.id, key));
  *prepare().mutable_withdrawn()->mutable_start() = to_message(key);
  commit();
  return {};
}

void schedule_decision::end_dependency(const std::string& id,
                                       bool has_succeeded, instant ended_at) {
  const auto* known = state_.find_dependency(id);
  if (!state_.is_created()
      || std::find(of_.after.begin(), of_.after.end(), id) == of_.after.end()
      || (known != nullptr && known->ended_at >= ended_at))
    return;
  auto& ended = *prepare().mutable_dependency_ended();
  ended.set_id(id);
  ended.set_succeeded(has_succeeded);
  ended.set_ended_at(to_micros(ended_at));
  commit();
  release();
}

// -- time ---------------------------------------------------------------------

bool schedule_decision::advance(std::chrono::microseconds ahead) {
  if (!state_.is_created() || state_.is_paused())
    return false;
  return settle_due(true, ahead);
}

/// Whether there is more.
bool schedule_decision::settle_due(bool waits_for_jitter,
                                   std::chrono::microseconds ahead) {
  miss_before(now_ - of_.catch_up, messages::DueTimesMissed::LATE);
  for (auto count = std::size_t{0}; !is_used_up(of_, state_); ++count) {
    const auto due = recurrence_.next(state_.decided_until());
    const auto until = may_look_ahead(of_, state_) ? now_ + ahead : now_;
    if (!due || (waits_for_jitter ? recurrence_.start_of(*due) : *due) > until)
      return false;
    if (count == decision_bounds::due_times_max)
      return true;
    settle(*due);
  }
  return false;
}

/// Due times whose start was meant to be before `end`, as one event.
void schedule_decision::miss_before(instant end,
                                    messages::DueTimesMissed::Reason reason) {
  const auto first = recurrence_.next(state_.decided_until());
  if (!first || recurrence_.start_of(*first) >= end || is_used_up(of_, state_))
    return;
  // Starts keep the order of due times, so at most one was put off beyond.
  auto last = recurrence_.previous(end).value_or(*first);
  if (recurrence_.start_of(last) >= end)
    last = recurrence_.previous(last).value_or(*first);
  auto count = std::uint64_t{1};
  auto counted = *first;
  while (counted < last && count < decision_bounds::counted_max) {
    const auto due = recurrence_.next(counted);
    if (!due)
      break;
    counted = *due;
    ++count;
  }
  auto& missed = *prepare().mutable_missed();
  missed.set_first(to_micros(*first));
  missed.set_last(to_micros(last));
  missed.set_count(count);
  missed.set_uncounted(counted < last);
  missed.set_reason(reason);
  commit();
}

void schedule_decision::settle(instant due) {
  const auto key = start_key{ScheduleStart::SCHEDULED, due};
  const auto verdict = judge_dependencies(of_, recurrence_, state_, due);
  if (verdict == dependency_verdict::failed)
    return skip(key, StartSkipped::DEPENDENCY_FAILED);
  const auto is_waiting = state_.held_count(ScheduleStart::SCHEDULED) > 0;
  if (verdict == dependency_verdict::ready && has_room() && !is_waiting)
    return fire(key, {});
  settle_overlapping(key, is_waiting);
}

/// It cannot go at once. `is_waiting`: an earlier due time is held.
void schedule_decision::settle_overlapping(const start_key& key,
                                           bool is_waiting) {
  switch (of_.overlap) {
    case overlap_policy::skip:
      if (is_waiting || !state_.active().empty())
        return skip(key, StartSkipped::OVERLAP);
      break;
    case overlap_policy::buffer_one:
      if (is_waiting)
        return skip(key, StartSkipped::OVERLAP);
      break;
    case overlap_policy::cancel_other: {
      const auto held = state_.held();
      for (const auto& [earlier, by] : held)
        if (earlier.kind == ScheduleStart::SCHEDULED)
          skip(earlier, StartSkipped::SUPERSEDED);
      break;
    }
    case overlap_policy::buffer_all:
    case overlap_policy::allow_all:
      break;
  }
  if (state_.held().size() >= decision_bounds::held_max)
    return skip(key, StartSkipped::FULL);
  hold(key, {});
  // A cancelled run makes room.
  if (of_.overlap == overlap_policy::cancel_other)
    release();
}

// -- held starts --------------------------------------------------------------

bool schedule_decision::has_room() const {
  return of_.overlap == overlap_policy::allow_all
           ? state_.active().size() < decision_bounds::active_max
           : state_.active().empty();
}

/// Lets go what may go, in order. Whatever is left is looked at again when a
/// run ends.
void schedule_decision::release() {
  const auto held = state_.held();
  auto is_blocked = false;
  for (const auto& [key, by] : held) {
    if (key.kind != ScheduleStart::BY_HAND && state_.is_paused())
      return;
    if (key.kind == ScheduleStart::SCHEDULED) {
      // Later ones depend on newer runs.
      is_blocked = is_blocked || !release_scheduled(key, by);
    } else if (has_room()) {
      fire(key, by);
    } else if (key.kind == ScheduleStart::BY_HAND) {
      make_room();
    }
    if (!has_room())
      return;
  }
}

/// Decides on a held due time; whether the ones after it may be looked at.
bool schedule_decision::release_scheduled(const start_key& key,
                                          const std::string& by) {
  if (is_used_up(of_, state_)) {
    skip(key, StartSkipped::RUNS_USED_UP);
    return true;
  }
  const auto verdict = judge_dependencies(of_, recurrence_, state_, key.due);
  if (verdict == dependency_verdict::failed) {
    skip(key, StartSkipped::DEPENDENCY_FAILED);
    return true;
  }
  if (verdict == dependency_verdict::wait)
    return false;
  if (has_room()) {
    fire(key, by);
    return true;
  }
  make_room();
  return false;
}

/// Where the newest start wins, runs are asked to end.
void schedule_decision::make_room() {
  if (of_.overlap != overlap_policy::cancel_other)
    return;
  const auto active = state_.active();
  for (const auto& [key, start] : active) {
    if (start.is_cancel_requested)
      continue;
    *prepare().mutable_cancel_requested()->mutable_start() = to_message(key);
    commit();
  }
}

} // namespace troupe::scheduler
