#pragma once

#include <cstdint>

namespace troupe::scoring {

/// Finaliser of SplitMix64 (Steele, Lea, Flood 2014): mixes all bits.
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

/// What SplitMix64 counts with: 2^64 divided by the golden ratio.
inline constexpr std::uint64_t draw_step = 0x9E3779B97F4A7C15U;

/// Draws that depend on a seed and an index only, so that any item can be made
/// without those before it.
class draw_stream {
public:
  constexpr draw_stream(std::uint64_t seed, std::uint64_t index) noexcept
    : state_{mix_bits(mix_bits(seed + draw_step) ^ (index * draw_step))} {}

  constexpr std::uint64_t bits() noexcept {
    state_ += draw_step;
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

} // namespace troupe::scoring
