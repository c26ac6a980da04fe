#pragma once

#include "actors/simulation/scenario.hpp"

#include <cstdint>

namespace troupe::simulation {

/// An even draw as one of an exponential distribution: -log2(1 - draw / 2^64),
/// from 0 to 64, in parts of 2^56, of which it is less than 3 beside. Integers
/// only, so that it is the same on every machine. Never falls as draws grow.
inline constexpr unsigned exponential_bits = 56;
[[nodiscard]] std::uint64_t exponential_draw(std::uint64_t draw) noexcept;

/// How likely somebody is to be among those with the smallest draws, compared
/// with others. The `count` smallest of exponential draws, each divided by its
/// weight, are a sample without replacement in which each next person is taken
/// with a probability in proportion to the weight (P. Efraimidis, P. Spirakis:
/// Weighted random sampling with a reservoir, Information Processing Letters
/// 97, 2006).
class draw_weight {
public:
  /// Never among them as long as there is somebody else.
  constexpr draw_weight() noexcept = default;

  /// The exact product of three multipliers, each from 0 to a hundred times
  /// one; only its ratio to other weights matters.
  [[nodiscard]] static draw_weight product(ppm first, ppm second,
                                           ppm third) noexcept;

  /// The even draw of somebody with this weight as a number that is compared
  /// with those of others: the smaller, the earlier. With equal weights the
  /// order is that of the draws, but for some less than 2^-50 apart that tie.
  ///
  /// The quotient as a floating number, of which 8 bits are the exponent: the
  /// first bits tell numbers of any size apart, for draw_histogram.
  [[nodiscard]] std::uint64_t weigh(std::uint64_t draw) const noexcept;

private:
  constexpr draw_weight(std::uint64_t inverse, unsigned width) noexcept
    : inverse_{inverse}, width_{width} {}

  /// 1 / weight, its first bit set; 0: the weight is 0.
  std::uint64_t inverse_ = 0;
  /// Bits of the weight.
  unsigned width_ = 0;
};

} // namespace troupe::simulation
