#pragma once

#include "actors/scheduler/instant.hpp"
#include "messages/schedule.pb.h"
#include "runtime/problem.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace troupe::scheduler {

using start_kind = messages::ScheduleStart::Kind;

/// Names a start within a schedule. In the order in which waiting ones go: by
/// hand, as scheduled, backfilled, and by due time among these.
struct start_key {
  start_kind kind = messages::ScheduleStart::SCHEDULED;
  instant due{};

  friend auto operator<=>(const start_key&, const start_key&) = default;
};

[[nodiscard]] start_key to_start_key(const messages::ScheduleStart& start);
[[nodiscard]] messages::ScheduleStart to_message(const start_key& key);

/// The fire key of a start: what a run is started under. Due times have the
/// same one whether scheduled or backfilled.
[[nodiscard]] std::string fire_key(const std::string& schedule_id,
                                   const start_key& key);

/// A start that was fired and whose run has not ended.
struct active_start {
  instant fired_at{};
  bool is_cancel_requested = false;
};

/// What is known of something that a schedule comes after.
struct dependency_result {
  instant ended_at{};
  bool has_succeeded = false;
};

/// A schedule as its events make it: the fold of its history. It does not know
/// the definition, which may change.
class schedule_state {
public:
  /// Refuses, and changes nothing, what cannot have happened (`conflict`): a
  /// gap in the sequence, a due time that was decided before, a start that is
  /// not held or active.
  runtime::outcome<void> apply(const messages::ScheduleEvent& event);

  /// All there is of it, so that what happened so far need not be read again.
  [[nodiscard]] messages::ScheduleSnapshot to_snapshot() const;

  /// The state that `to_snapshot` was asked of; nothing if it is one of another
  /// version.
  [[nodiscard]] static std::optional<schedule_state>
  from_snapshot(const messages::ScheduleSnapshot& snapshot);

  /// Of the last event; 0: nothing has happened.
  [[nodiscard]] std::uint64_t sequence() const noexcept {
    return sequence_;
  }

  [[nodiscard]] bool is_created() const noexcept {
    return sequence_ != 0;
  }

  [[nodiscard]] bool is_paused() const noexcept {
    return is_paused_;
  }

  /// Why it is paused; may be empty.
  [[nodiscard]] const std::string& pause_reason() const noexcept {
    return pause_reason_;
  }

  /// Every due time up to this one is decided, none after it. Goes back when a
  /// start is withdrawn.
  [[nodiscard]] instant decided_until() const noexcept {
    return decided_until_;
  }

  /// Starts whose runs have not ended: whoever starts runs starts these again
  /// after a crash, under their keys.
  [[nodiscard]] const std::map<start_key, active_start>&
  active() const noexcept {
    return active_;
  }

  /// Whether a start is active, and no later one of a due time is: only such a
  /// one can be withdrawn.
  [[nodiscard]] bool is_last_active(const start_key& key) const;

  /// Starts that wait, and who asked for them.
  [[nodiscard]] const std::map<start_key, std::string>& held() const noexcept {
    return held_;
  }

  /// Held starts of this kind.
  [[nodiscard]] std::size_t held_count(start_kind kind) const;

  /// When the last start by hand was asked for, if one was.
  [[nodiscard]] const std::optional<instant>& last_by_hand() const noexcept {
    return last_by_hand_;
  }

  [[nodiscard]] const dependency_result*
  find_dependency(const std::string& id) const;

  /// Failures since the last success or resumption.
  [[nodiscard]] std::uint32_t failures_in_row() const noexcept {
    return failures_in_row_;
  }

  /// Due times that were fired as scheduled, and those that were not.
  [[nodiscard]] std::uint64_t fired_count() const noexcept {
    return fired_count_;
  }

  [[nodiscard]] std::uint64_t skipped_count() const noexcept {
    return skipped_count_;
  }

  [[nodiscard]] std::uint64_t missed_count() const noexcept {
    return missed_count_;
  }

private:
  using applied = runtime::outcome<void>;

  applied apply_to_schedule(const messages::ScheduleEvent& event, instant at);
  applied apply_to_start(const messages::ScheduleEvent& event, instant at);
  applied change(instant at);
  applied pause(bool is_paused, const std::string& reason);
  applied fire(const start_key& key, instant at);
  applied hold(const start_key& key, const std::string& by);
  applied skip(const start_key& key);
  applied miss(const messages::DueTimesMissed& event);
  applied request_cancel(const start_key& key);
  applied end(const start_key& key, messages::StartEnded::Outcome outcome);
  applied end_dependency(const messages::DependencyEnded& event);
  applied withdraw(const start_key& key);

  /// Whether a start may be decided now: it waits, or was not thought of.
  [[nodiscard]] bool is_open(const start_key& key) const;
  /// It is decided: it waits no longer, and is not thought of again.
  void settle(const start_key& key);

  std::uint64_t sequence_ = 0;
  bool is_paused_ = false;
  std::string pause_reason_;
  instant decided_until_{};
  std::map<start_key, active_start> active_;
  std::map<start_key, std::string> held_;
  std::optional<instant> last_by_hand_;
  std::map<std::string, dependency_result> dependencies_;
  std::uint32_t failures_in_row_ = 0;
  std::uint64_t fired_count_ = 0;
  std::uint64_t skipped_count_ = 0;
  std::uint64_t missed_count_ = 0;
};

/// Times in messages: microseconds since 1970.
[[nodiscard]] std::int64_t to_micros(instant at) noexcept;
[[nodiscard]] instant from_micros(std::int64_t micros) noexcept;

} // namespace troupe::scheduler
