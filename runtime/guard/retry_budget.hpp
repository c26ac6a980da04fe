#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>

namespace troupe::runtime {

struct retry_budget_options {
  /// How much load retries may add to that of the calls, 0 to 1000.
  std::uint32_t percent = 10;
  /// So many retries are always there again after a minute, for calls that come
  /// one by one.
  std::uint32_t per_minute = 10;
  /// How many unused retries are kept, and how many there are at first.
  std::uint32_t saved_max = 10;

  friend bool operator==(const retry_budget_options&,
                         const retry_budget_options&)
    = default;
};

/// Keeps retries from multiplying the load of a dependency that is in trouble:
/// of n calls within m minutes, at most saved_max + n * percent / 100 +
/// m * per_minute are tried again. Counts in whole numbers.
///
/// Time that goes back counts as standing still.
class retry_budget {
public:
  using time_point = clock::steady_time;

  retry_budget(const retry_budget_options& options, time_point now) noexcept;

  /// A call is made for the first time.
  void deposit() noexcept;

  /// Takes one retry out; false if there is none.
  [[nodiscard]] bool try_withdraw(time_point now) noexcept;

  /// Whole retries that could be made now.
  [[nodiscard]] std::uint32_t available(time_point now) noexcept;

  /// What is left, in parts of 6,000,000 to a retry: this is what to save.
  [[nodiscard]] std::int64_t balance(time_point now) noexcept;

  void restore(std::int64_t balance, std::chrono::nanoseconds age,
               time_point now) noexcept;

private:
  void refill(time_point now) noexcept;

  retry_budget_options options_;
  std::int64_t balance_;
  std::int64_t balance_max_;
  time_point refilled_at_;
};

} // namespace troupe::runtime
