#pragma once

#include "actors/simulation/people.hpp"

#include <cstddef>
#include <vector>

namespace troupe::simulation {

/// People of a block where nobody says otherwise: its columns stay in the
/// second-level cache.
inline constexpr auto block_people = std::size_t{8'192};

/// People of any order as blocks by ascending key, each but the last with
/// `block_size`, which is at least 1.
[[nodiscard]] std::vector<people> make_blocks(const people& everybody,
                                              std::size_t block_size);

/// The same of people who are in the order of their keys.
[[nodiscard]] std::vector<people> cut_blocks(const people_view& ordered,
                                             std::size_t block_size);

/// Blocks that follow each other as one.
[[nodiscard]] people join_blocks(std::vector<people> blocks);

} // namespace troupe::simulation
