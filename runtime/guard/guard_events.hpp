#pragma once

#include "runtime/clock.hpp"
#include "runtime/guard/circuit_breaker.hpp"
#include "runtime/guard/quota.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace troupe::runtime {

/// Both clocks, read together.
struct guard_time {
  clock::steady_time steady;
  clock::wall_time wall;
};

enum class guard_layer : std::uint8_t {
  rate,
  quota,
  bulkhead,
  deadline,
  retry,
  breaker,
  attempt,
};

inline constexpr auto guard_layer_count = std::size_t{7};

enum class guard_reason : std::uint8_t {
  rate_exceeded,
  quota_exhausted,
  quota_reserved, ///< What is left is for priority callers.
  too_large, ///< More than the layer ever lets through at once.
  queue_full,
  queue_timeout,
  displaced, ///< Had to leave the queue for a call of a higher class.
  deadline_passed,
  known_id, ///< A call with this id is under way.
  too_many_calls,
  circuit_open,
  error_not_retried,
  attempts_used,
  retry_budget_empty,
  cancelled,
};

[[nodiscard]] std::string_view to_string(guard_layer layer) noexcept;
[[nodiscard]] std::string_view to_string(guard_reason reason) noexcept;
[[nodiscard]] std::string_view to_string(breaker_state state) noexcept;
[[nodiscard]] std::string_view to_string(transition_reason reason) noexcept;

/// Why a call goes no further.
struct guard_refusal {
  guard_layer layer = guard_layer::rate;
  guard_reason reason = guard_reason::rate_exceeded;
  /// When to come again; nothing if that would not help.
  std::optional<std::chrono::nanoseconds> retry_after;

  friend bool operator==(const guard_refusal&, const guard_refusal&) = default;
};

/// The right to make one attempt.
struct guard_permit {
  std::uint64_t call = 0;
  /// From 1.
  std::uint32_t attempt = 0;
  /// When the guard gives the attempt up; the clock's last moment: never.
  clock::steady_time ends;

  friend bool operator==(const guard_permit&, const guard_permit&) = default;
};

/// Where the time of a call went.
struct guard_timeline {
  /// Waiting for a turn or a slot; between attempts; in attempts.
  std::array<std::chrono::nanoseconds, guard_layer_count> spent{};
  std::uint32_t attempts = 0;

  [[nodiscard]] std::chrono::nanoseconds& in(guard_layer layer) noexcept {
    return spent[static_cast<std::size_t>(layer)];
  }

  [[nodiscard]] std::chrono::nanoseconds in(guard_layer layer) const noexcept {
    return spent[static_cast<std::size_t>(layer)];
  }

  friend bool operator==(const guard_timeline&, const guard_timeline&)
    = default;
};

/// A call that waited may make an attempt now: make it.
struct call_started {
  guard_permit permit;

  friend bool operator==(const call_started&, const call_started&) = default;
};

/// A call that waited or ran is over: tell its caller.
struct call_ended {
  std::uint64_t call = 0;
  guard_refusal why;
  guard_timeline timeline;

  friend bool operator==(const call_ended&, const call_ended&) = default;
};

/// An attempt took too long: stop it. Its answer no longer counts.
struct attempt_timed_out {
  std::uint64_t call = 0;
  std::uint32_t attempt = 0;

  friend bool operator==(const attempt_timed_out&, const attempt_timed_out&)
    = default;
};

/// After an attempt that timed out, the call is tried again.
struct retry_scheduled {
  std::uint64_t call = 0;
  clock::steady_time at;

  friend bool operator==(const retry_scheduled&, const retry_scheduled&)
    = default;
};

/// Somebody reported an attempt that is not under way: it came too late, twice,
/// or is a bug. Nothing was changed.
struct stale_report {
  std::uint64_t call = 0;
  std::uint32_t attempt = 0;

  friend bool operator==(const stale_report&, const stale_report&) = default;
};

/// What happened beside the decision that was asked for.
using guard_event
  = std::variant<call_started, call_ended, attempt_timed_out, retry_scheduled,
                 stale_report, breaker_transition, quota_warning>;

} // namespace troupe::runtime
