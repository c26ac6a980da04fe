#pragma once

#include "runtime/mix_bits.hpp"

#include <cstdint>

namespace troupe::runtime {

/// Draws that depend on a seed and an index only, so that any item can be made
/// without those before it.
class draw_stream {
public:
  constexpr draw_stream(std::uint64_t seed, std::uint64_t index) noexcept
    : state_{mix_bits(mix_bits(seed + mix_step) ^ (index * mix_step))} {}

  constexpr std::uint64_t bits() noexcept {
    state_ += mix_step;
    return mix_bits(state_);
  }

  /// 0 to count - 1; `count` is at least 1 and less than 2^32. The bias is
  /// below count / 2^32.
  constexpr std::uint32_t below(std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>(((bits() >> 32U) * count) >> 32U);
  }

  /// Both ends included.
  constexpr std::int64_t between(std::int32_t low, std::int32_t high) noexcept {
    return low
           + std::int64_t{below(static_cast<std::uint32_t>(high - low) + 1U)};
  }

  constexpr bool chance(std::uint32_t percent) noexcept {
    return below(100) < percent;
  }

private:
  std::uint64_t state_;
};

} // namespace troupe::runtime
