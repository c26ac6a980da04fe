#include "actors/scheduler/schedule_state.hpp"

// A state as a message, and back.

namespace troupe::scheduler {

namespace {

/// Grows when the same events make another state than before: then they are
/// folded anew.
constexpr auto snapshot_format = std::uint32_t{1};

} // namespace

messages::ScheduleSnapshot schedule_state::to_snapshot() const {
  auto to = messages::ScheduleSnapshot{};
  to.set_format(snapshot_format);
  to.set_sequence(sequence_);
  to.set_paused(is_paused_);
  to.set_pause_reason(pause_reason_);
  to.set_decided_until(to_micros(decided_until_));
  for (const auto& [key, start] : active_) {
    auto& each = *to.add_active();
    *each.mutable_start() = to_message(key);
    each.set_fired_at(to_micros(start.fired_at));
    each.set_cancel_requested(start.is_cancel_requested);
  }
  for (const auto& [key, by] : held_) {
    auto& each = *to.add_held();
    *each.mutable_start() = to_message(key);
    each.set_by(by);
  }
  if (last_by_hand_)
    to.set_last_by_hand(to_micros(*last_by_hand_));
  for (const auto& [id, result] : dependencies_) {
    auto& each = *to.add_dependencies();
    each.set_id(id);
    each.set_ended_at(to_micros(result.ended_at));
    each.set_succeeded(result.has_succeeded);
  }
  to.set_failures_in_row(failures_in_row_);
  to.set_fired(fired_count_);
  to.set_skipped(skipped_count_);
  to.set_missed(missed_count_);
  return to;
}

std::optional<schedule_state>
schedule_state::from_snapshot(const messages::ScheduleSnapshot& snapshot) {
  if (snapshot.format() != snapshot_format || snapshot.sequence() == 0)
    return std::nullopt;
  auto state = schedule_state{};
  state.sequence_ = snapshot.sequence();
  state.is_paused_ = snapshot.paused();
  state.pause_reason_ = snapshot.pause_reason();
  state.decided_until_ = from_micros(snapshot.decided_until());
  for (const auto& each : snapshot.active())
    state.active_[to_start_key(each.start())]
      = {from_micros(each.fired_at()), each.cancel_requested()};
  for (const auto& each : snapshot.held())
    state.held_.emplace(to_start_key(each.start()), each.by());
  if (snapshot.has_last_by_hand())
    state.last_by_hand_ = from_micros(snapshot.last_by_hand());
  for (const auto& each : snapshot.dependencies())
    state.dependencies_[each.id()]
      = {from_micros(each.ended_at()), each.succeeded()};
  state.failures_in_row_ = snapshot.failures_in_row();
  state.fired_count_ = snapshot.fired();
  state.skipped_count_ = snapshot.skipped();
  state.missed_count_ = snapshot.missed();
  return state;
}

} // namespace troupe::scheduler
