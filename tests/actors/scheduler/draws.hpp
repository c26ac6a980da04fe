#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace troupe::tests {

/// A stream of draws from a seed, by SplitMix64 (Steele, Lea, Flood 2014).
class draws {
public:
  explicit draws(std::uint64_t seed) noexcept : state_{seed} {}

  std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  /// 0 to count - 1.
  std::uint64_t below(std::uint64_t count) noexcept {
    return next() % count;
  }

  /// Both ends included.
  int between(int low, int high) noexcept {
    return low
           + static_cast<int>(
             below(static_cast<std::uint64_t>(high - low + 1)));
  }

  bool chance(int percent) noexcept {
    return between(0, 99) < percent;
  }

private:
  std::uint64_t state_;
};

} // namespace troupe::tests
