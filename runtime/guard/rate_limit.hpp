#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>

namespace troupe::runtime {

struct rate_limit_options {
  /// At least 1 in a period of at least a millisecond.
  std::uint32_t count = 1;
  std::chrono::nanoseconds period{std::chrono::seconds{1}};
  /// How many may come at once after a quiet time; at least 1.
  std::uint32_t burst = 1;

  friend bool operator==(const rate_limit_options&, const rate_limit_options&)
    = default;
};

/// Spaces calls: in any span of length t at most burst + count * t / period of
/// them pass. The generic cell rate algorithm (ITU-T I.371, annex A), whose
/// whole state is one moment: when the last call will be paid for.
///
/// Time that goes back counts as standing still.
class rate_limit {
public:
  using time_point = clock::steady_time;
  using duration = std::chrono::nanoseconds;

  explicit rate_limit(const rate_limit_options& options) noexcept;

  /// How long `cost` calls have to wait, exactly: at `now` plus this they pass,
  /// a nanosecond before they do not. Zero: they pass now. `duration::max()`:
  /// more than a burst, never.
  [[nodiscard]] duration wait(time_point now,
                              std::uint32_t cost = 1) const noexcept;

  /// Lets `cost` calls pass, unless they have to wait.
  [[nodiscard]] bool try_acquire(time_point now,
                                 std::uint32_t cost = 1) noexcept;

  /// What is not paid for yet; this is what to save.
  [[nodiscard]] duration debt(time_point now) const noexcept;

  /// Goes on with a debt of earlier, less the time that has passed since.
  void restore(duration debt, duration age, time_point now) noexcept;

private:
  duration interval_;
  duration tolerance_;
  std::uint32_t burst_;
  /// "Theoretical arrival time": until then, all is used.
  time_point paid_at_{};
};

} // namespace troupe::runtime
