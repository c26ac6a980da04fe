#pragma once

#include "runtime/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::runtime {

/// What counts of a call. A slow call succeeded, but took too long.
enum class counted_outcome : std::uint8_t { success, failure, slow };

struct outcome_counts {
  std::uint32_t calls = 0;
  std::uint32_t failures = 0;
  std::uint32_t slow = 0;

  void add(counted_outcome outcome) noexcept {
    ++calls;
    failures += outcome == counted_outcome::failure ? 1U : 0U;
    slow += outcome == counted_outcome::slow ? 1U : 0U;
  }

  friend bool operator==(const outcome_counts&, const outcome_counts&)
    = default;
};

/// The last `size` outcomes.
class count_window {
public:
  /// `size` is at least 1.
  explicit count_window(std::uint32_t size);

  void add(counted_outcome outcome) noexcept;

  [[nodiscard]] const outcome_counts& counts() const noexcept {
    return counts_;
  }

  void clear() noexcept;

private:
  std::vector<counted_outcome> ring_;
  std::size_t next_ = 0;
  outcome_counts counts_;
};

/// The outcomes of the last `length`, in ten steps: an outcome leaves when it
/// is between nine and ten tenths of the length old. Time that goes back counts
/// as standing still.
class time_window {
public:
  using time_point = clock::steady_time;

  explicit time_window(std::chrono::nanoseconds length) noexcept;

  void add(counted_outcome outcome, time_point now) noexcept;

  [[nodiscard]] outcome_counts counts(time_point now) noexcept;

  void clear() noexcept;

private:
  static constexpr auto steps = std::size_t{10};

  void advance(time_point now) noexcept;

  std::chrono::nanoseconds step_;
  std::array<outcome_counts, steps> buckets_{};
  /// The step since the clock's beginning that the newest bucket stands for.
  std::int64_t newest_ = 0;
};

} // namespace troupe::runtime
