#include "actors/engine/drain_rate.hpp"

#include <algorithm>

namespace troupe::engine {

namespace {

constexpr auto span_min = std::chrono::microseconds{1'000'000};

} // namespace

std::int64_t drain_rate::windows_since_start(instant now) const noexcept {
  // A clock that was set back must not open a window in the past.
  return now <= start_ ? 0 : (now - start_) / window_;
}

void drain_rate::record(instant now) noexcept {
  if (!has_started_) {
    has_started_ = true;
    start_ = now;
  }
  const auto windows = windows_since_start(now);
  if (windows > 0) {
    previous_ = windows == 1 ? current_ : 0;
    has_previous_ = true;
    current_ = 0;
    start_ += windows * window_;
  }
  ++current_;
}

std::optional<double> drain_rate::per_second(instant now) const noexcept {
  if (!has_started_)
    return std::nullopt;
  const auto windows = windows_since_start(now);
  if (windows > 1)
    return std::nullopt;
  const auto elapsed = std::clamp(now - start_ - windows * window_,
                                  std::chrono::microseconds{0}, window_);
  const auto before = windows == 1 ? current_ : previous_;
  const auto is_whole = windows == 1 || has_previous_;
  const auto old_part = 1.0
                        - static_cast<double>(elapsed.count())
                            / static_cast<double>(window_.count());
  const auto left = static_cast<double>(before) * old_part
                    + static_cast<double>(windows == 1 ? 0 : current_);
  if (left <= 0.0)
    return std::nullopt;
  const auto span = is_whole ? window_ : std::max(elapsed, span_min);
  return left * 1e6 / static_cast<double>(span.count());
}

} // namespace troupe::engine
