#pragma once

#include "runtime/clock.hpp"
#include "runtime/guard/outcome_window.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

namespace troupe::runtime {

/// What makes a closed circuit open.
enum class breaker_mode : std::uint8_t {
  count_window, ///< Ratios over the last `window_calls` calls.
  time_window, ///< Ratios over the last `window_time`.
  consecutive, ///< `failures_max` failures in a row.
  /// The source system's rule, for comparison: a failure adds one, a success
  /// takes one away, `failures_max` opens. Old failures never expire.
  consecutive_leaky,
};

struct circuit_breaker_options {
  breaker_mode mode = breaker_mode::time_window;
  std::uint32_t window_calls = 100;
  std::chrono::nanoseconds window_time{std::chrono::seconds{30}};
  /// Fewer calls in a window tell nothing.
  std::uint32_t calls_min = 20;
  /// Failures among the calls of a window; above 0, at most 1.
  double failure_ratio = 0.5;
  /// Slow calls and failures among the calls of a window; above 0, at most 1.
  double slow_ratio = 0.8;
  /// A success that took so long is slow; zero: none is.
  std::chrono::nanoseconds slow_after{0};
  /// The consecutive modes only.
  std::uint32_t failures_max = 5;
  /// How many calls a half-open circuit lets through; what they find decides.
  std::uint32_t trials = 3;
  /// A trial that does not answer for so long counts as a failure.
  std::chrono::nanoseconds trial_timeout{std::chrono::minutes{1}};
  /// How long an open circuit lets nothing through, the first time; times
  /// `open_factor` each time that the trials fail, up to `open_cap`.
  std::chrono::nanoseconds open_initial{std::chrono::seconds{5}};
  double open_factor = 2.0;
  std::chrono::nanoseconds open_cap{std::chrono::minutes{1}};
  /// The share of that time that chance may take away, so that many who lost
  /// one backend do not come back at once; 0 to 1.
  double open_jitter = 0.1;

  friend bool operator==(const circuit_breaker_options&,
                         const circuit_breaker_options&)
    = default;
};

enum class breaker_state : std::uint8_t { closed, open, half_open };

/// How a permitted call ended.
enum class call_outcome : std::uint8_t {
  success,
  failure,
  slow, ///< Succeeded, but took too long.
  ignored, ///< Failed in a way that says nothing about the backend.
  rejected, ///< Was turned away (queue, limit) before it reached the backend.
  cancelled, ///< The caller no longer wanted it.
};

enum class transition_reason : std::uint8_t {
  failure_ratio,
  slow_ratio,
  consecutive_failures,
  open_time_over,
  trials_failed,
  trial_lost,
  trials_succeeded,
  reset,
  restored,
};

/// A change of state, as a fact to log, count and publish.
struct breaker_transition {
  breaker_state from = breaker_state::closed;
  breaker_state to = breaker_state::closed;
  transition_reason reason = transition_reason::reset;
  clock::steady_time at;
  /// Until when nothing passes; only when `to` is open.
  clock::steady_time open_until;
  /// What was known when it happened.
  outcome_counts counts;

  friend bool operator==(const breaker_transition&, const breaker_transition&)
    = default;
};

/// The right to make one call. To be given back with `record`.
struct breaker_permit {
  std::uint64_t period = 0;
  std::uint64_t number = 0;

  friend bool operator==(const breaker_permit&, const breaker_permit&)
    = default;
};

struct breaker_refusal {
  breaker_state state = breaker_state::open;
  /// When to ask again: an open circuit says exactly when it lets a trial
  /// through, a half-open one when the trials must be over.
  std::chrono::nanoseconds retry_after{0};

  friend bool operator==(const breaker_refusal&, const breaker_refusal&)
    = default;
};

/// Spares a backend that fails, and the callers who would wait for it.
///
///            too many failures or slow calls
///     closed -------------------------------> open <-----------+
///       ^                                      |               |
///       |                        open time over, next call     | trials
///       failed, | trials succeeded                     v               | or
///       lost
///       +---------------------------------- half_open ---------+
///
/// Only successes, failures and slow calls count. An answer to a call of an
/// earlier period (the time between two changes of state) does not count in
/// the next. Time and chance come in as arguments; time that goes back counts
/// as standing still.
class circuit_breaker {
public:
  using time_point = clock::steady_time;
  using duration = std::chrono::nanoseconds;

  using permit = breaker_permit;
  using refusal = breaker_refusal;

  struct answer {
    std::variant<permit, refusal> decision;
    std::vector<breaker_transition> transitions;

    [[nodiscard]] bool is_permitted() const noexcept {
      return std::holds_alternative<permit>(decision);
    }
  };

  /// What survives a restart.
  struct record_of_state {
    breaker_state state = breaker_state::closed;
    /// What is left of the time during which nothing passes.
    duration open_left{0};
    std::uint32_t opened_in_a_row = 0;

    friend bool operator==(const record_of_state&, const record_of_state&)
      = default;
  };

  explicit circuit_breaker(const circuit_breaker_options& options);

  /// Whether a call may be made now; `draw` is uniform over its type.
  [[nodiscard]] answer try_acquire(time_point now, std::uint64_t draw);

  /// Gives up trials that did not answer in time, as `try_acquire` does first.
  std::optional<breaker_transition> expire_trials(time_point now,
                                                  std::uint64_t draw);

  /// Whether `try_acquire` would refuse once trials have expired. Changes
  /// nothing.
  [[nodiscard]] std::optional<refusal> would_refuse(time_point now) const;

  /// How a permitted call ended, and what changes by that. Each permit counts
  /// once: of a trial, a second report is ignored; elsewhere the caller sees
  /// to it.
  std::optional<breaker_transition> record(const permit& of,
                                           call_outcome outcome, time_point now,
                                           std::uint64_t draw);

  /// Closes the circuit, whatever happened.
  std::optional<breaker_transition> reset(time_point now);

  /// As `try_acquire` would find it.
  [[nodiscard]] breaker_state state(time_point now) const noexcept;

  [[nodiscard]] std::uint32_t trials_running() const noexcept {
    return static_cast<std::uint32_t>(trials_.size());
  }

  /// Calls that count at present: of the window, or of the trials.
  [[nodiscard]] outcome_counts counts(time_point now);

  /// A success that takes so long is slow; never, by default.
  [[nodiscard]] bool is_slow(duration took) const noexcept {
    return options_.slow_after > duration::zero()
           && took >= options_.slow_after;
  }

  [[nodiscard]] record_of_state save(time_point now) const noexcept;

  /// Goes on from a state of `age` ago; trials that ran then are lost, the
  /// circuit asks anew.
  std::optional<breaker_transition> restore(const record_of_state& saved,
                                            duration age, time_point now);

private:
  breaker_transition enter(breaker_state next, transition_reason reason,
                           time_point now, std::uint64_t draw);
  std::optional<transition_reason> reason_to_open(counted_outcome outcome,
                                                  time_point now);
  std::optional<breaker_transition>
  record_trial(counted_outcome outcome, time_point now, std::uint64_t draw);
  [[nodiscard]] bool is_consecutive() const noexcept;
  [[nodiscard]] duration open_time(std::uint64_t draw) const noexcept;

  circuit_breaker_options options_;
  breaker_state state_ = breaker_state::closed;
  std::uint64_t period_ = 0;
  std::uint64_t next_number_ = 0;
  count_window last_calls_;
  time_window last_time_;
  std::uint32_t failures_ = 0; // The consecutive modes.
  time_point open_until_;
  std::uint32_t opened_in_a_row_ = 0;
  std::map<std::uint64_t, time_point> trials_; // Running, with their ends.
  outcome_counts trial_counts_;
};

} // namespace troupe::runtime
