#pragma once

#include "actors/simulation/people_blocks.hpp"
#include "runtime/problem.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::simulation {

/// How a simulation is computed, never what it comes to: each level needs less
/// memory and fewer threads than the one before, and is slower.
enum class optimization : std::uint8_t {
  high, ///< All processors, blocks that suit their caches.
  medium, ///< Half of them.
  low, ///< One.
  fallback, ///< One, with small blocks: what is left when all else fails.
};

inline constexpr auto optimization_words
  = std::array<std::string_view, 4>{"high", "medium", "low", "fallback"};

/// People of a block at the last level.
inline constexpr auto fallback_block_people = std::size_t{1'024};

[[nodiscard]] constexpr std::size_t workers_at(optimization level,
                                               std::size_t workers) noexcept {
  switch (level) {
    case optimization::high:
      return workers;
    case optimization::medium:
      return std::max(workers / 2, std::size_t{1});
    case optimization::low:
    case optimization::fallback:
      break;
  }
  return 1;
}

[[nodiscard]] constexpr std::size_t
block_people_at(optimization level, std::size_t wanted) noexcept {
  const auto most = level == optimization::fallback
                      ? std::min(wanted, fallback_block_people)
                      : wanted;
  return std::max(most, std::size_t{1});
}

/// How it is computed; changes nothing in the results.
struct simulation_manner {
  std::size_t block_people = simulation::block_people;
  optimization level = optimization::high;
  /// Whether a failure that another level may avoid ends the run.
  bool fail_fast = false;
  /// What people and what is made of them may take in memory, in bytes; 0: any
  /// number. See simulation_run_options.
  std::uint64_t memory_limit_bytes = 0;
};

/// Whether what failed may fare better one level lower: not where the people,
/// the rules or a file are to blame, which have a key or a name.
[[nodiscard]] bool may_fare_better(const runtime::problem& reason,
                                   const simulation_manner& manner);

/// Requires a level below.
[[nodiscard]] simulation_manner one_level_lower(simulation_manner manner);

} // namespace troupe::simulation
