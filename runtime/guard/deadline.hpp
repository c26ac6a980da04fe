#pragma once

#include "runtime/clock.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::runtime {

/// A moment after which nobody waits for the answer any more.
class deadline {
public:
  using duration = std::chrono::nanoseconds;

  /// Never.
  deadline() = default;

  explicit deadline(clock::steady_time at) noexcept : at_{at} {}

  /// `allowed` from `now` on; zero or less means never.
  [[nodiscard]] static deadline after(clock::steady_time now,
                                      duration allowed) noexcept {
    const auto left = clock::steady_time::max() - std::max(now, {});
    if (allowed <= duration::zero() || allowed >= left)
      return {};
    return deadline{now + allowed};
  }

  [[nodiscard]] bool is_never() const noexcept {
    return at_ == clock::steady_time::max();
  }

  /// Only meaningful if this is not never.
  [[nodiscard]] clock::steady_time at() const noexcept {
    return at_;
  }

  /// The moment itself is too late.
  [[nodiscard]] bool is_passed(clock::steady_time now) const noexcept {
    return !is_never() && now >= at_;
  }

  /// Zero once passed.
  [[nodiscard]] duration remaining(clock::steady_time now) const noexcept {
    if (is_never())
      return duration::max();
    return std::max(duration{at_ - now}, duration::zero());
  }

  [[nodiscard]] deadline earlier(deadline other) const noexcept {
    return other.at_ < at_ ? other : *this;
  }

  friend auto operator<=>(const deadline&, const deadline&) = default;

private:
  clock::steady_time at_ = clock::steady_time::max();
};

} // namespace troupe::runtime
