#pragma once

#include "actors/scheduler/due_queue.hpp"
#include "actors/scheduler/schedule_decision.hpp"
#include "actors/scheduler/schedule_definition.hpp"
#include "actors/scheduler/schedule_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scheduler {

/// A schedule as a file said it.
struct schedule_text {
  std::string text;
  std::string file; ///< For messages.
};

/// What has to be stored of a schedule, before anybody acts on it.
struct schedule_change {
  std::string id;
  /// What is stored of it goes, before anything of it is stored anew.
  bool is_removed = false;
  /// Its text is new.
  bool has_text = false;
  /// A serialised ScheduleEvents; may be empty.
  std::string events;
  /// Enough has happened since the last one.
  bool has_snapshot = false;
};

/// Events from one snapshot of a schedule to the next; more where the state is
/// larger than that, so that snapshots cost no more than what they save.
inline constexpr auto snapshot_interval = std::uint64_t{200};

/// What follows from a decision once it is stored.
struct schedule_order {
  enum class kind : std::uint8_t {
    start, ///< A run is to be started, until it has ended.
    cancel, ///< It is to end.
    take_back, ///< It is to be withdrawn, unless it has begun.
  };

  kind what = kind::start;
  std::string id;
  start_key start;
};

/// A schedule that is known.
struct known_schedule {
  schedule_definition definition;
  schedule_recurrence recurrence;
  schedule_text text;
  schedule_state state;
  std::uint64_t snapshot = 0; ///< Sequence of the last one; 0: there is none.
};

/// All schedules of a store: when each of them has to be looked at, who comes
/// after whom. Pure: commands, facts and time go in; what has to be stored, and
/// what follows from it, comes out. Between two calls of `take_changes` it is
/// ahead of the store; whoever cannot store builds a new one.
class schedule_book {
public:
  /// Starts are decided up to `ahead` before their time, where that is
  /// possible.
  schedule_book(std::size_t schedules_max, std::uint64_t epoch,
                std::chrono::microseconds ahead = {});

  /// A schedule as it was stored. Its active starts are orders again: whoever
  /// starts them finds the runs by their keys. What was decided ahead, and is
  /// too late at `now` for the schedule's catch-up, is to be taken back, the
  /// latest first; until then the schedule is held back.
  void restore(schedule_definition definition, schedule_text text,
               schedule_state state, std::uint64_t snapshot = 0,
               instant now = instant::min());

  /// A schedule that is stored and cannot be read: it starts nothing, and can
  /// be removed or replaced.
  void set_aside(const std::string& id);

  /// Makes a schedule known, or replaces the one of its id; whether it is new.
  /// `conflict` if it would come after itself or a run of its own workflow,
  /// `unavailable` beyond the limit, and as schedule_decision::change.
  runtime::outcome<bool> add(schedule_definition definition, schedule_text text,
                             const std::string& by, instant now);

  /// Decides with `f(schedule_decision&)` about that schedule; `not_found`.
  template <class F>
  runtime::outcome<void> decide(const std::string& id, instant now, F f) {
    const auto found = schedules_.find(id);
    if (found == schedules_.end())
      return no_such_schedule(id);
    auto decision = schedule_decision{found->second->definition,
                                      found->second->state, now, epoch_};
    auto done = f(decision);
    follow(*found->second, decision);
    return done;
  }

  /// Forgets it. Its runs go on.
  runtime::outcome<void> remove(const std::string& id);

  /// The run of a start is over; also for those that come after the schedule,
  /// or after its workflow. Nothing happens if that was told before.
  void end(const std::string& id, const start_key& start,
           messages::StartEnded::Outcome outcome, instant now);

  /// Starts that were fired and whose time has not come, the latest first. They
  /// have to be taken back before anything else is decided by a command.
  [[nodiscard]] std::vector<start_key> ahead(const std::string& id,
                                             instant now) const;

  /// From now on nothing of that schedule becomes due, until it is let go: what
  /// is taken back has to be what was decided last.
  void hold_back(const std::string& id);
  void let_go(const std::string& id);

  [[nodiscard]] bool is_held_back(const std::string& id) const {
    return held_back_.contains(id);
  }

  /// The run of a start that was fired ahead is taken back. `conflict` if there
  /// is no such start, or it is not what was decided last.
  runtime::outcome<void> withdraw(const std::string& id, const start_key& start,
                                  instant now);

  /// Decides what is due, of at most so many schedules; call it again while
  /// `next_check` is not later.
  void advance(instant now, std::size_t schedules_max);

  [[nodiscard]] std::optional<instant> next_check() const {
    return due_.next();
  }

  /// What has to be stored. The orders that follow are handed out by
  /// `mark_stored`.
  [[nodiscard]] std::vector<schedule_change> take_changes();

  [[nodiscard]] std::vector<schedule_order> mark_stored();

  /// Null if there is none.
  [[nodiscard]] const known_schedule* find(const std::string& id) const;

  [[nodiscard]] std::size_t size() const noexcept {
    return schedules_.size();
  }

private:
  struct unstored {
    bool is_removed = false;
    bool has_text = false;
    std::string events;
  };

  static tl::unexpected<runtime::problem>
  no_such_schedule(const std::string& id);
  void follow(known_schedule& of, schedule_decision& decision);
  void plan(const known_schedule& of);
  void index(const known_schedule& of);
  void unindex(const known_schedule& of);
  [[nodiscard]] runtime::outcome<void>
  check_cycle(const schedule_definition& of) const;

  std::size_t schedules_max_;
  std::uint64_t epoch_;
  std::chrono::microseconds ahead_;
  std::set<std::string> held_back_; ///< Ids.
  std::map<std::string, std::unique_ptr<known_schedule>> schedules_;
  due_queue due_;
  /// By what they come after.
  std::map<std::string, std::set<std::string>> followers_;
  std::set<std::string> set_aside_;
  std::map<std::string, unstored> changed_;
  std::vector<schedule_order> orders_; ///< Of what is not taken yet.
  std::vector<schedule_order> in_flight_;
};

} // namespace troupe::scheduler
