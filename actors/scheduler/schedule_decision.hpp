#pragma once

#include "actors/scheduler/schedule_definition.hpp"
#include "actors/scheduler/schedule_recurrence.hpp"
#include "actors/scheduler/schedule_state.hpp"
#include "messages/schedule.pb.h"
#include "runtime/problem.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace troupe::scheduler {

/// How much one decision does. What is beyond is refused, or left for the next.
namespace decision_bounds {

/// Due times that are decided one by one.
inline constexpr auto due_times_max = std::size_t{1'000};
/// Runs that go on side by side, where they may overlap; more wait.
inline constexpr auto active_max = std::size_t{10'000};
/// Starts that wait.
inline constexpr auto held_max = std::size_t{10'000};
/// Missed due times are counted up to this.
inline constexpr auto counted_max = std::uint64_t{10'000};
/// Due times of a range that a backfill looks at.
inline constexpr auto scanned_max = std::size_t{100'000};

} // namespace decision_bounds

/// What is to be run once more, or for the first time.
struct backfill_range {
  instant first{};
  instant last{}; ///< Included.
  /// More due times than this are refused; at most
  /// `decision_bounds::due_times_max`.
  std::size_t limit = 100;
};

/// One decision about a schedule: a command or a fact goes in, events come out,
/// the state is that after them. Everything that follows (held starts go, the
/// schedule pauses itself) is part of the same decision. Refusals change
/// nothing: `conflict` when the schedule has gone on meanwhile,
/// `invalid_input`, `unavailable` when too much waits.
///
/// Pure: the same definition, state, time and call give the same events.
class schedule_decision {
public:
  /// `of` and `state` must outlive it. `now` is when it is decided, `epoch`
  /// that of the engine that decides.
  schedule_decision(const schedule_definition& of, schedule_state& state,
                    instant now, std::uint64_t epoch);

  // -- commands ---------------------------------------------------------------

  /// First of all. Times are due from now on.
  runtime::outcome<void> create(const std::string& by);

  /// The definition is about to be replaced: everything due by now is decided
  /// by the old one, which `of` has to be. `unavailable` while `advance` has
  /// more to do.
  runtime::outcome<void> change(const std::string& by);

  /// Nothing but starts by hand goes until it is resumed.
  runtime::outcome<void> pause(const std::string& by,
                               const std::string& reason);

  /// What was due in between is missed.
  runtime::outcome<void> resume(const std::string& by);

  /// A start now, whatever calendar and dependencies say; `conflict` where
  /// overlap leaves no room for it.
  runtime::outcome<void> trigger(const std::string& by);

  /// Starts for the due times in a range of the past, one after the other
  /// unless runs may overlap; how many. Left out is what `has_fired` (asked by
  /// fire key, of the store) or what is active or waits.
  runtime::outcome<std::size_t>
  backfill(const backfill_range& range, const std::string& by,
           const std::function<bool(const std::string&)>& has_fired);

  // -- facts ------------------------------------------------------------------

  /// The run of a start is over. `conflict` if that was told before.
  runtime::outcome<void> end(const start_key& key,
                             messages::StartEnded::Outcome outcome);

  /// The run of a start that was fired ahead of its time did not begin, and
  /// will not: its due time is open again. `conflict` unless it is what was
  /// decided last: of several the latest goes first.
  runtime::outcome<void> withdraw(const start_key& key);

  /// A run of a schedule or workflow is over; nothing follows from those that
  /// this one does not come after, nor from old news.
  void end_dependency(const std::string& id, bool has_succeeded,
                      instant ended_at);

  // -- time -------------------------------------------------------------------

  /// Decides what has become due and, where nothing can change that any more
  /// but a command, what will be due within `ahead`. Whether there is more:
  /// call it again, in a decision of its own.
  bool advance(std::chrono::microseconds ahead = {});

  // -- the result -------------------------------------------------------------

  /// Everything decided so far.
  [[nodiscard]] messages::ScheduleEvents take_events();

private:
  messages::ScheduleEvent& prepare();
  void commit();
  void fire(const start_key& key, const std::string& by);
  void hold(const start_key& key, const std::string& by);
  void skip(const start_key& key, messages::StartSkipped::Reason reason);
  void record_pause(const std::string& by, const std::string& reason);

  bool settle_due(bool waits_for_jitter, std::chrono::microseconds ahead = {});
  void settle(instant due);
  void settle_overlapping(const start_key& key, bool is_waiting);
  void miss_before(instant end, messages::DueTimesMissed::Reason reason);
  void release();
  bool release_scheduled(const start_key& key, const std::string& by);
  void make_room();
  [[nodiscard]] bool has_room() const;
  runtime::outcome<void> check_created() const;

  const schedule_definition& of_;
  schedule_recurrence recurrence_;
  schedule_state& state_;
  instant now_;
  std::uint64_t epoch_;
  messages::ScheduleEvents events_;
};

/// Why a schedule starts nothing right now.
struct schedule_waiting {
  enum class reason : std::uint8_t {
    timer, ///< The next due time.
    run, ///< A start is held until runs have ended.
    dependency, ///< A start is held for what the schedule comes after.
    paused,
    over, ///< It is never due again, or its runs are used up.
  };

  reason on = reason::timer;
  /// When `advance` has something to do; nothing: only facts and commands move
  /// it.
  std::optional<instant> next_check;
};

/// `state` must be created.
[[nodiscard]] schedule_waiting waiting_on(const schedule_definition& of,
                                          const schedule_recurrence& recurrence,
                                          const schedule_state& state);

/// Whether the next due time can be decided ahead: it fires whatever happens
/// until then, unless somebody changes the schedule. Not where it depends on
/// what other schedules do, or on how a run ends.
[[nodiscard]] bool may_look_ahead(const schedule_definition& of,
                                  const schedule_state& state);

/// Whether its `max_runs` are used up.
[[nodiscard]] bool is_used_up(const schedule_definition& of,
                              const schedule_state& state);

/// Whether what a schedule comes after allows the start of a due time.
enum class dependency_verdict : std::uint8_t { ready, wait, failed };

[[nodiscard]] dependency_verdict
judge_dependencies(const schedule_definition& of,
                   const schedule_recurrence& recurrence,
                   const schedule_state& state, instant due);

} // namespace troupe::scheduler
