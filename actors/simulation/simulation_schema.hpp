#pragma once

#include "runtime/store/migrations.hpp"

namespace troupe::simulation {

/// Tables of this subsystem. simulation_runs has a row per run; its children
/// (of an ensemble or a sweep) are rows with a parent. simulation_people has
/// the people of the start of a run by block, and their ids; simulation_blocks
/// what a year made of each block; simulation_years the totals of each year,
/// whose row makes the year count: blocks of a year without one are left over
/// from a run that was killed. Blobs are those of packed_columns.hpp,
/// packed_ids.hpp and, for totals, a YearTotals.
[[nodiscard]] const runtime::migration_list& simulation_schema();

} // namespace troupe::simulation
