#pragma once

#include <algorithm>
#include <chrono>

namespace troupe::cluster {

struct retry_options {
  std::chrono::milliseconds delay_min{20};
  std::chrono::milliseconds delay_max{500};
};

/// How long to wait before a question is asked again: twice as long each time,
/// up to a bound.
class retry_delay {
public:
  explicit retry_delay(retry_options options = {}) noexcept
    : options_{options}, next_{options.delay_min} {}

  [[nodiscard]] std::chrono::milliseconds next() noexcept {
    const auto now = next_;
    next_ = std::min(next_ * 2, options_.delay_max);
    return now;
  }

  /// There was an answer, or hope for one.
  void reset() noexcept {
    next_ = options_.delay_min;
  }

private:
  retry_options options_;
  std::chrono::milliseconds next_;
};

} // namespace troupe::cluster
