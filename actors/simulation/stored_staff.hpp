#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/year_row_columns.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <span>

namespace troupe::simulation {

/// Those of a year who are there on the next 1 January.
[[nodiscard]] people staff_of(const year_row_columns& rows);

/// Of the people on 1 January of a year, those with these keys, which ascend;
/// the year before need not count yet. Reads only the blocks that can have
/// them. `failed`: not all of them are there. Otherwise as simulation_history.
[[nodiscard]] runtime::outcome<people>
load_staff(simulation_history& history, const stored_simulation& run,
           std::int32_t year, std::span<const std::uint64_t> keys);

} // namespace troupe::simulation
