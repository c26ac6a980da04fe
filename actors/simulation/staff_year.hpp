#pragma once

#include "actors/simulation/draw_selection.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_plan.hpp"

#include <vector>

namespace troupe::simulation {

/// Counts the termination draws of a block of people who start the year.
void count_staff_draws(const year_plan& plan, const people_view& staff,
                       draw_histogram& draws);

/// Lists those of its termination draws that are in the bucket.
void list_staff_draws(const year_plan& plan, const people_view& staff,
                      const bound_bucket& bucket,
                      std::vector<keyed_draw>& draws);

/// The year of a block of people who start it; all terminated are those up to
/// `last_leaver`. Replaces what `block` held.
void simulate_staff(const year_plan& plan, const people_view& staff,
                    const draw_bound& last_leaver, year_block& block);

} // namespace troupe::simulation
