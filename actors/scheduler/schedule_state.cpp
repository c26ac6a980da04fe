#include "actors/scheduler/schedule_state.hpp"

#include "actors/scheduler/schedule_recurrence.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::scheduler {

namespace {

using messages::ScheduleEvent;
using messages::ScheduleStart;
using runtime::outcome;

tl::unexpected<runtime::problem> refuse(std::string message) {
  return runtime::fail(runtime::problem_kind::conflict, std::move(message));
}

std::string name_of(const start_key& key) {
  return "the start " + ScheduleStart::Kind_Name(key.kind) + " "
         + to_string(key.due);
}

} // namespace

std::int64_t to_micros(instant at) noexcept {
  return at.time_since_epoch().count();
}

instant from_micros(std::int64_t micros) noexcept {
  return instant{std::chrono::microseconds{micros}};
}

start_key to_start_key(const ScheduleStart& start) {
  return {start.kind(), from_micros(start.due())};
}

ScheduleStart to_message(const start_key& key) {
  auto start = ScheduleStart{};
  start.set_kind(key.kind);
  start.set_due(to_micros(key.due));
  return start;
}

std::string fire_key(const std::string& schedule_id, const start_key& key) {
  const auto result = fire_key(schedule_id, key.due);
  // Such a start may fall on a due time, which is one of its own.
  return key.kind == ScheduleStart::BY_HAND ? result + "/by-hand" : result;
}

outcome<void> schedule_state::apply(const ScheduleEvent& event) {
  if (event.sequence() != sequence_ + 1)
    return refuse("event " + std::to_string(event.sequence()) + " after event "
                  + std::to_string(sequence_));
  if (event.has_created() != (sequence_ == 0))
    return refuse(sequence_ == 0 ? "a schedule that was not created"
                                 : "a schedule that is created twice");
  const auto at = from_micros(event.at());
  if (auto done = apply_to_schedule(event, at); !done)
    return done;
  sequence_ = event.sequence();
  return {};
}

outcome<void> schedule_state::apply_to_schedule(const ScheduleEvent& event,
                                                instant at) {
  switch (event.what_case()) {
    case ScheduleEvent::kCreated:
      is_paused_ = event.created().paused();
      decided_until_ = at;
      return {};
    case ScheduleEvent::kChanged:
      return change(at);
    case ScheduleEvent::kPaused:
      return pause(true, event.paused().reason());
    case ScheduleEvent::kResumed:
      return pause(false, {});
    case ScheduleEvent::kMissed:
      return miss(event.missed());
    case ScheduleEvent::kDependencyEnded:
      return end_dependency(event.dependency_ended());
    default:
      return apply_to_start(event, at);
  }
}

outcome<void> schedule_state::apply_to_start(const ScheduleEvent& event,
                                             instant at) {
  switch (event.what_case()) {
    case ScheduleEvent::kFired:
      return fire(to_start_key(event.fired().start()), at);
    case ScheduleEvent::kHeld:
      return hold(to_start_key(event.held().start()), event.held().by());
    case ScheduleEvent::kSkipped:
      return skip(to_start_key(event.skipped().start()));
    case ScheduleEvent::kCancelRequested:
      return request_cancel(to_start_key(event.cancel_requested().start()));
    case ScheduleEvent::kEnded:
      return end(to_start_key(event.ended().start()), event.ended().outcome());
    case ScheduleEvent::kWithdrawn:
      return withdraw(to_start_key(event.withdrawn().start()));
    default:
      return refuse("an event of a kind that is not known here");
  }
}

std::size_t schedule_state::held_count(start_kind kind) const {
  return static_cast<std::size_t>(
    std::distance(held_.lower_bound({kind, instant::min()}),
                  held_.upper_bound({kind, instant::max()})));
}

const dependency_result*
schedule_state::find_dependency(const std::string& id) const {
  const auto found = dependencies_.find(id);
  return found == dependencies_.end() ? nullptr : &found->second;
}

outcome<void> schedule_state::change(instant at) {
  // Times of the new definition count from the change on.
  decided_until_ = std::max(decided_until_, at);
  return {};
}

outcome<void> schedule_state::pause(bool is_paused, const std::string& reason) {
  if (is_paused_ == is_paused)
    return refuse(is_paused ? "a paused schedule is paused"
                            : "a schedule is resumed that is not paused");
  is_paused_ = is_paused;
  pause_reason_ = reason;
  if (!is_paused)
    failures_in_row_ = 0;
  return {};
}

bool schedule_state::is_last_active(const start_key& key) const {
  const auto found = active_.find(key);
  return key.kind == ScheduleStart::SCHEDULED && found != active_.end()
         && (std::next(found) == active_.end()
             || std::next(found)->first.kind != key.kind);
}

bool schedule_state::is_open(const start_key& key) const {
  if (held_.contains(key))
    return true;
  switch (key.kind) {
    case ScheduleStart::SCHEDULED:
      return key.due > decided_until_;
    case ScheduleStart::BY_HAND:
      return !last_by_hand_ || key.due > *last_by_hand_;
    default: {
      // The run of a due time is one and the same.
      const auto scheduled = start_key{ScheduleStart::SCHEDULED, key.due};
      return !active_.contains(key) && !active_.contains(scheduled)
             && !held_.contains(scheduled) && key.due <= decided_until_;
    }
  }
}

void schedule_state::settle(const start_key& key) {
  held_.erase(key);
  if (key.kind == ScheduleStart::SCHEDULED)
    decided_until_ = std::max(decided_until_, key.due);
  if (key.kind == ScheduleStart::BY_HAND
      && (!last_by_hand_ || key.due > *last_by_hand_))
    last_by_hand_ = key.due;
}

outcome<void> schedule_state::fire(const start_key& key, instant at) {
  if (!is_open(key))
    return refuse(name_of(key) + " is fired twice");
  settle(key);
  active_[key].fired_at = at;
  if (key.kind == ScheduleStart::SCHEDULED)
    ++fired_count_;
  return {};
}

outcome<void> schedule_state::hold(const start_key& key,
                                   const std::string& by) {
  if (!is_open(key) || held_.contains(key))
    return refuse(name_of(key) + " is held twice");
  settle(key);
  held_.emplace(key, by);
  return {};
}

outcome<void> schedule_state::skip(const start_key& key) {
  if (!is_open(key))
    return refuse(name_of(key) + " was decided before");
  settle(key);
  ++skipped_count_;
  return {};
}

outcome<void> schedule_state::miss(const messages::DueTimesMissed& event) {
  if (from_micros(event.first()) <= decided_until_
      || event.last() < event.first())
    return refuse("due times are missed that were decided before");
  decided_until_ = from_micros(event.last());
  missed_count_ += event.count();
  return {};
}

outcome<void> schedule_state::request_cancel(const start_key& key) {
  const auto found = active_.find(key);
  if (found == active_.end() || found->second.is_cancel_requested)
    return refuse(name_of(key) + " cannot be cancelled");
  found->second.is_cancel_requested = true;
  return {};
}

outcome<void> schedule_state::end(const start_key& key,
                                  messages::StartEnded::Outcome outcome) {
  if (active_.erase(key) == 0)
    return refuse(name_of(key) + " is not active");
  if (outcome == messages::StartEnded::FAILED)
    ++failures_in_row_;
  if (outcome == messages::StartEnded::SUCCEEDED)
    failures_in_row_ = 0;
  return {};
}

/// As if it had never been thought of. Of several the latest goes first, so
/// that nothing that is decided lies behind what is open.
outcome<void> schedule_state::withdraw(const start_key& key) {
  if (!is_last_active(key))
    return refuse(name_of(key) + " cannot be withdrawn");
  active_.erase(key);
  decided_until_
    = std::min(decided_until_, key.due - std::chrono::microseconds{1});
  --fired_count_;
  return {};
}

outcome<void>
schedule_state::end_dependency(const messages::DependencyEnded& event) {
  dependencies_[event.id()]
    = {from_micros(event.ended_at()), event.succeeded()};
  return {};
}

} // namespace troupe::scheduler
