#pragma once

#include <cstdint>

namespace troupe::runtime {

/// Finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom
/// number generators, 2014): a bijection that mixes all bits.
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

/// What SplitMix64 counts with: 2^64 divided by the golden ratio.
inline constexpr std::uint64_t mix_step = 0x9E3779B97F4A7C15U;

} // namespace troupe::runtime
