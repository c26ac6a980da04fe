#pragma once

#include "actors/engine/expression.hpp"

#include <cstddef>
#include <cstdint>
#include <random>

namespace troupe::engine {

/// Draws that are the same for the same seed, on any machine.
class draws {
public:
  explicit draws(std::uint64_t seed) : engine_{seed} {}

  /// 0 to bound - 1.
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(engine_() % bound);
  }

  bool one_in(std::size_t count) {
    return below(count) == 0;
  }

  std::uint64_t bits() {
    return engine_();
  }

private:
  std::mt19937_64 engine_;
};

/// Any expression of at most that depth, sense or not.
[[nodiscard]] expression random_expression(draws& random, std::size_t depth);

} // namespace troupe::engine
