#pragma once

#include "runtime/guard/guard_events.hpp"
#include "runtime/guard/guard_options.hpp"
#include "runtime/guard/guard_record.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::runtime {

struct guard_call {
  /// The caller's; unique among those under way.
  std::uint64_t id = 0;
  /// Critical and high calls may use the reserve of a quota.
  call_class rank = call_class::normal;
  /// In units of rate and quota, for each attempt.
  std::uint32_t cost = 1;
  /// The caller's own limit, if shorter than the guard's; zero: none.
  std::chrono::nanoseconds deadline{0};
  /// The caller tries again by himself, with the consent of `try_retry`.
  bool is_retry = false;
};

/// Wait: an event tells how it went on.
struct guard_queued {
  friend bool operator==(const guard_queued&, const guard_queued&) = default;
};

using admission = std::variant<guard_permit, guard_queued, guard_refusal>;

/// How an attempt ended, as its caller saw it.
struct attempt_report {
  /// `slow` is found by the guard itself.
  call_outcome outcome = call_outcome::success;
  /// Of a failure or rejection: what retries are chosen by.
  std::string error_kind;
  /// What the other side asked for.
  std::chrono::nanoseconds retry_after{0};
};

/// The call is over, well or because it was not worth another attempt.
struct guard_done {
  guard_timeline timeline;

  friend bool operator==(const guard_done&, const guard_done&) = default;
};

/// Another attempt follows: an event tells when it may begin, not before `at`.
struct guard_retry {
  clock::steady_time at;

  friend bool operator==(const guard_retry&, const guard_retry&) = default;
};

struct guard_given_up {
  guard_refusal why;
  guard_timeline timeline;

  friend bool operator==(const guard_given_up&, const guard_given_up&)
    = default;
};

using completion
  = std::variant<guard_done, guard_retry, guard_given_up, stale_report>;

/// What there is to see from outside.
struct guard_status {
  std::size_t running = 0;
  std::size_t waiting = 0;
  /// Between two attempts.
  std::size_t backing_off = 0;
  breaker_state breaker = breaker_state::closed;
  std::uint64_t quota_used = 0;
  std::uint32_t retries_available = 0;
};

/// All layers around one operation:
///
///     rate, quota -> bulkhead -> deadline -> retry -> breaker -> attempt
///
/// A call that some layer refuses costs nothing in the others. A slot is held
/// during an attempt, not between two; a further attempt pays for rate and
/// quota and queues like the first, but keeps its place among equals. When the
/// circuit opens, nobody waits or is tried again.
///
/// Decides only: the owner makes the attempts, keeps one timer for
/// `next_check`, and takes the events after every call. Time and chance come in
/// as arguments; a steady time that goes back counts as standing still.
class guard {
public:
  guard(guard_options options, guard_time now);

  [[nodiscard]] admission admit(const guard_call& call, guard_time now,
                                std::uint64_t draw);

  /// Why `admit` would not let a call of that rank and cost run at once;
  /// nothing if it would. For callers who wait elsewhere; call `tick` before.
  [[nodiscard]] std::optional<guard_refusal>
  would_refuse(const guard_call& call, guard_time now);

  /// For callers who try again by themselves: takes a retry out of the budget;
  /// false if there is none.
  [[nodiscard]] bool try_retry(guard_time now);

  /// How attempt `attempt` of a call ended. A report of anything else than what
  /// is under way is stale and changes nothing.
  [[nodiscard]] completion finished(std::uint64_t call, std::uint32_t attempt,
                                    const attempt_report& report,
                                    guard_time now, std::uint64_t draw);

  /// The caller no longer wants it, wherever it is; an attempt under way is for
  /// him to stop. False if there is no such call.
  bool cancel(std::uint64_t call, guard_time now, std::uint64_t draw);

  /// Does what is due.
  void tick(guard_time now, std::uint64_t draw);

  /// When to call `tick` next.
  [[nodiscard]] std::optional<clock::steady_time> next_check() const;

  /// What happened since the last time, in order.
  [[nodiscard]] std::vector<guard_event> take_events() {
    return std::exchange(events_, {});
  }

  [[nodiscard]] guard_status status(guard_time now);

  /// Where the time of a call under way went so far.
  [[nodiscard]] std::optional<guard_timeline>
  timeline(std::uint64_t call) const;

  /// Closes the circuit.
  void reset(guard_time now);

  [[nodiscard]] guard_record save(guard_time now);

  /// Goes on from a saved state, before any call. False if it was too old: all
  /// but the quota starts anew.
  bool restore(const guard_record& saved, guard_time now);

  /// Takes over an attempt that goes on from before a restart. It has its slot,
  /// even if there are fewer now; its times begin anew; the breaker does not
  /// count it. False if the id is known, or the attempt is 0.
  bool adopt(const guard_call& call, std::uint32_t attempt, guard_time now);

private:
  enum class stage : std::uint8_t { queued, running, backing_off, rate_wait };

  struct entry {
    guard_call call;
    deadline until;
    std::uint64_t sequence = 0;
    stage at = stage::queued;
    clock::steady_time since;
    /// When `tick` has to look at it; the clock's last moment: never.
    clock::steady_time due = clock::steady_time::max();
    circuit_breaker::permit permit;
    std::uint32_t failures = 0;
    guard_timeline timeline;
  };

  std::optional<guard_refusal> check_gates(const guard_call& call,
                                           guard_time now);
  void pay(const guard_call& call, guard_time now);
  bulkhead::decision enter_bulkhead(const entry& of, guard_time now);
  guard_permit start(entry& of, circuit_breaker::permit permit, guard_time now);
  void try_start(entry& of, guard_time now, std::uint64_t draw);
  void resume(entry& of, guard_time now, std::uint64_t draw);
  void run_out(entry& of, guard_time now, std::uint64_t draw);
  completion conclude(entry& of, const attempt_report& report, guard_time now,
                      std::uint64_t draw);
  completion after_failure(entry& of, const attempt_report& report,
                           guard_time now, std::uint64_t draw);
  void close_attempt(entry& of, call_outcome outcome, guard_time now,
                     std::uint64_t draw);
  void pump(guard_time now, std::uint64_t draw);
  void note(const std::optional<breaker_transition>& change, guard_time now);
  void set_due(entry& of, clock::steady_time due);
  void end(std::uint64_t call, const guard_refusal& why);
  void forget(std::uint64_t call);
  [[nodiscard]] std::optional<guard_refusal>
  breaker_refusal(guard_time now) const;
  [[nodiscard]] guard_time not_back(guard_time now) noexcept;

  guard_options options_;
  std::optional<rate_limit> rate_;
  std::optional<quota> quota_;
  std::optional<bulkhead> bulkhead_;
  std::optional<retry_policy> retry_;
  retry_budget budget_;
  std::optional<circuit_breaker> breaker_;
  std::map<std::uint64_t, entry> calls_;
  std::set<std::pair<clock::steady_time, std::uint64_t>> timers_;
  std::vector<guard_event> events_;
  std::uint64_t next_sequence_ = 0;
  clock::steady_time latest_ = clock::steady_time::min();
};

} // namespace troupe::runtime
