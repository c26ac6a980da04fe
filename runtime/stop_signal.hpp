#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

namespace troupe::runtime {

/// A descriptor that becomes readable when a stop is requested, for those who
/// wait in poll(2) beside something else. Stays at its address.
class stop_signal {
public:
  explicit stop_signal(std::stop_token stop);
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;
  ~stop_signal();

  [[nodiscard]] int descriptor() const noexcept {
    return descriptor_;
  }

private:
  int descriptor_;
  std::optional<std::stop_callback<std::function<void()>>> callback_;
};

/// Waits that long; false as soon as a stop is requested.
[[nodiscard]] bool pause_for(std::chrono::milliseconds time,
                             const std::stop_token& stop);

} // namespace troupe::runtime
