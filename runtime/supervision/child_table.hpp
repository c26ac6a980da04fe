#pragma once

#include "runtime/supervision/restart_policy.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::runtime {

/// What a supervisor must know about a child to decide about it.
struct child_rules {
  std::string id;
  restart_kind restart = restart_kind::permanent;
  /// How long the child may take to stop before it is killed.
  std::chrono::milliseconds shutdown{5'000};
};

struct supervision_rules {
  restart_strategy strategy = restart_strategy::one_for_one;
  restart_intensity_limits intensity;
  restart_delay_limits delay;
  std::uint64_t seed = 1;
};

/// What a supervisor does next.
struct supervision_step {
  enum class kind {
    start, ///< Start the child; call `ended` if that fails.
    stop, ///< Ask the child to stop.
    kill, ///< The child did not stop in time.
    finish, ///< All children have ended for good: end as well.
  };

  kind what = kind::finish;
  std::size_t child = 0; ///< Meaningless for `finish`.

  friend bool operator==(const supervision_step&, const supervision_step&)
    = default;
};

/// Decides what happens to the children of a supervisor:
///
///              start                  must stop
///     waiting --------> running --------------------> stopping
///        ^                 |                              |
///        |  calls for a    |  does not     to be started  |
///        +-----------------+------------+-----------------+
///           restart        v            |  again, or not
///                       stopped <-------+
///
/// One child is stopped at a time, the last one first; children are started
/// from the first to the last. A child that is done stays done when its
/// siblings are restarted. Pure logic: the caller passes in the time and does
/// what `next` says.
class child_table {
public:
  using time_point = std::chrono::steady_clock::time_point;

  enum class child_state { waiting, running, stopping, stopped };

  struct child {
    child_rules rules;
    child_state state = child_state::waiting;
    std::uint32_t restarts = 0; ///< Starts after the first one.
    std::string last_error;

    // Meaningful to the table only.
    bool is_first_start = true;
    bool must_stop = false;
    bool was_killed = false;
    std::uint32_t restarts_in_a_row = 0;
    /// When it was started, is to be started, or must have stopped.
    time_point instant{};
  };

  /// Killed children that still do not end are given up after this time.
  static constexpr auto kill_grace = std::chrono::milliseconds{1'000};

  /// All children are to be started at once.
  child_table(supervision_rules rules,
              const std::vector<child_rules>& children);

  /// The next thing to do at `now`, if any. Call it until there is none: after
  /// construction, each call of `ended` and `shut_down`, and at the instant
  /// that `next_deadline` names.
  [[nodiscard]] std::optional<supervision_step> next(time_point now);

  /// When to ask again if nothing happens until then.
  [[nodiscard]] std::optional<time_point> next_deadline() const;

  /// A child has ended or could not be started. `error` is empty if it ended
  /// clean. Requires a valid position.
  void ended(std::size_t position, exit_kind exit, std::string error,
             time_point now);

  /// Stops all children for good.
  void shut_down();

  /// Why the supervisor must give up: the child that failed once too often.
  [[nodiscard]] const std::optional<std::string>& escalation() const noexcept {
    return escalation_;
  }

  [[nodiscard]] const std::vector<child>& children() const noexcept {
    return children_;
  }

  /// Ids of those that had to be killed, in order.
  [[nodiscard]] const std::vector<std::string>& killed() const noexcept {
    return killed_;
  }

private:
  [[nodiscard]] std::optional<std::size_t> find_stopping() const noexcept;
  [[nodiscard]] std::optional<supervision_step> next_stop(time_point now);
  [[nodiscard]] std::optional<supervision_step> next_start(time_point now);
  [[nodiscard]] std::optional<supervision_step> press(std::size_t position,
                                                      time_point now);
  void restart_with_siblings(std::size_t position, time_point now);
  void leave(child& who);

  supervision_rules rules_;
  std::vector<child> children_;
  restart_intensity intensity_;
  std::optional<std::string> escalation_;
  std::vector<std::string> killed_;
  time_point restart_due_{}; // Of those that are being stopped.
  bool is_shutting_down_ = false;
};

} // namespace troupe::runtime
