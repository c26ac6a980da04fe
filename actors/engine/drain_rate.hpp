#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::engine {

/// How many things per second leave, over about the last `window`. Sliding
/// window of two halves: the last whole window counts by the part of it that is
/// not older than `window`. Constant memory; the time is an argument.
class drain_rate {
public:
  using instant = runtime::clock::wall_time;

  /// `window` is at least a second.
  explicit drain_rate(std::chrono::microseconds window) noexcept
    : window_{window} {}

  void record(instant now) noexcept;

  /// Nothing if nothing left within the window. Until a whole window was seen,
  /// of the time since the first, at least a second.
  [[nodiscard]] std::optional<double> per_second(instant now) const noexcept;

private:
  [[nodiscard]] std::int64_t windows_since_start(instant now) const noexcept;

  std::chrono::microseconds window_;
  instant start_{}; ///< Of the current window.
  std::uint64_t current_ = 0;
  std::uint64_t previous_ = 0;
  bool has_previous_ = false;
  bool has_started_ = false;
};

} // namespace troupe::engine
