#pragma once

#include <concepts>

namespace troupe::simulation {

/// The quotient of two numbers that are not negative, to the nearest whole
/// number, halves up. A divisor known to the compiler costs no division.
template <std::integral Integer>
[[nodiscard]] constexpr Integer half_up(Integer dividend,
                                        Integer divisor) noexcept {
  return (dividend + divisor / 2) / divisor;
}

} // namespace troupe::simulation
