#pragma once

#include "actors/simulation/event_columns.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/year_row_columns.hpp"
#include "actors/simulation/year_totals.hpp"

namespace troupe::simulation {

/// What a year makes of one block of people. Used again, it needs no new
/// memory.
struct year_block {
  event_columns events;
  year_row_columns rows;
  year_totals totals;
  /// Those who are active on 1 January of the next year.
  people next;
};

} // namespace troupe::simulation
