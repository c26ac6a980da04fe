#pragma once

#include <chrono>
#include <cstdint>

namespace troupe::runtime {

/// Where the time comes from. Durations are measured on `steady_now`, dates are
/// read from `now`; neither follows from the other.
class clock {
public:
  using wall_time = std::chrono::sys_time<std::chrono::microseconds>;
  using steady_time = std::chrono::steady_clock::time_point;

  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  virtual ~clock() = default;

  /// Civil time, UTC. May jump either way when somebody sets the clock.
  [[nodiscard]] virtual wall_time now() const = 0;

  /// Never goes back.
  [[nodiscard]] virtual steady_time steady_now() const = 0;
};

/// Microseconds since 1970, as messages and the store have instants.
[[nodiscard]] constexpr std::int64_t
to_microseconds(clock::wall_time at) noexcept {
  return at.time_since_epoch().count();
}

[[nodiscard]] constexpr clock::wall_time
from_microseconds(std::int64_t since_epoch) noexcept {
  return clock::wall_time{std::chrono::microseconds{since_epoch}};
}

/// The machine's clock.
class real_clock final : public clock {
public:
  [[nodiscard]] wall_time now() const override {
    return std::chrono::floor<std::chrono::microseconds>(
      std::chrono::system_clock::now());
  }

  [[nodiscard]] steady_time steady_now() const override {
    return std::chrono::steady_clock::now();
  }
};

/// A clock that stands still until somebody moves it. Not thread-safe.
class virtual_clock final : public clock {
public:
  explicit virtual_clock(wall_time start = wall_time{}) noexcept
    : now_{start} {}

  [[nodiscard]] wall_time now() const override {
    return now_;
  }

  [[nodiscard]] steady_time steady_now() const override {
    return steady_now_;
  }

  /// Lets time pass on both clocks.
  void advance(std::chrono::microseconds elapsed) noexcept {
    now_ += elapsed;
    steady_now_ += elapsed;
  }

  /// Sets the civil clock only, as an operator or NTP would.
  void set(wall_time instant) noexcept {
    now_ = instant;
  }

private:
  wall_time now_;
  steady_time steady_now_{};
};

} // namespace troupe::runtime
