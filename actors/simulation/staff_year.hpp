#pragma once

#include "actors/simulation/draw_selection.hpp"
#include "actors/simulation/leaver_search.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_plan.hpp"

#include <optional>
#include <span>
#include <vector>

namespace troupe::simulation {

// What leavers are chosen by is their termination draw, weighed where the
// selection of the plan goes by weights; their level is that of 1 January.

/// Counts these of a block of people who start the year, for each of the
/// plan's leaver_groups.
void count_staff_draws(const year_plan& plan, const people_view& staff,
                       std::span<draw_histogram> groups);

/// Lists those that are in the bucket of their group.
void list_staff_draws(const year_plan& plan, const people_view& staff,
                      std::span<const std::optional<bound_bucket>> buckets,
                      std::span<std::vector<keyed_draw>> groups);

/// The year of a block of people who start it; all terminated are those up to
/// the last leaver of their level. Replaces what `block` held.
void simulate_staff(const year_plan& plan, const people_view& staff,
                    const leaver_bounds& last_leavers, year_block& block);

} // namespace troupe::simulation
