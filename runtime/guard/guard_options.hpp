#pragma once

#include "runtime/guard/bulkhead.hpp"
#include "runtime/guard/circuit_breaker.hpp"
#include "runtime/guard/quota.hpp"
#include "runtime/guard/rate_limit.hpp"
#include "runtime/guard/retry_budget.hpp"
#include "runtime/guard/retry_policy.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// The layers around one operation, from the outside to the inside; what is
/// absent lets everything through.
struct guard_options {
  std::optional<rate_limit_options> rate;
  std::optional<quota_options> quota;
  std::optional<bulkhead_options> bulkhead;
  /// For a call with its waiting and all attempts; zero: none.
  std::chrono::nanoseconds deadline{0};
  std::optional<retry_options> retry;
  retry_budget_options budget;
  std::optional<circuit_breaker_options> breaker;
  /// For one attempt; zero: none.
  std::chrono::nanoseconds attempt_timeout{0};
  /// Calls that run, wait or are about to be tried again.
  std::size_t calls_max = 100'000;
  /// A saved state that is older starts anew, but for the quota, whose window
  /// says itself how long it counts.
  std::chrono::nanoseconds state_age_max{std::chrono::minutes{10}};

  friend bool operator==(const guard_options&, const guard_options&) = default;
};

/// The names of the source system's five operations.
[[nodiscard]] const std::vector<std::string_view>& guard_profile_names();

/// Their thresholds, times, pools and queues: breaker in `consecutive` mode
/// with an open time that neither grows nor varies, bulkhead, attempt timeout.
/// Nothing for an unknown name.
[[nodiscard]] std::optional<guard_options> guard_profile(std::string_view name);

} // namespace troupe::runtime
