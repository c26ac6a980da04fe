#pragma once

#include "runtime/clock.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::engine {

/// Civil time that never goes back and never stands still: when somebody sets
/// the machine's clock back, time goes on from where it was; when the clock is
/// set forward, it follows at once.
class engine_clock {
public:
  using instant = runtime::clock::wall_time;

  /// `time` must outlive it.
  explicit engine_clock(const runtime::clock& time)
    : time_{&time}, now_{time.now()}, at_{time.steady_now()} {}

  [[nodiscard]] instant now() {
    const auto at = time_->steady_now();
    const auto elapsed
      = std::chrono::floor<std::chrono::microseconds>(at - at_);
    now_ = std::max(time_->now(), now_ + elapsed);
    // What is less than a microsecond counts next time.
    at_ += elapsed;
    return now_;
  }

  /// What was decided before was decided by then.
  void advance_to(instant at) {
    now_ = std::max(now_, at);
  }

private:
  const runtime::clock* time_;
  instant now_;
  runtime::clock::steady_time at_;
};

} // namespace troupe::engine
