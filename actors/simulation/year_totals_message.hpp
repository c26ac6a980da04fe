#pragma once

#include "actors/simulation/year_totals.hpp"
#include "messages/simulation.pb.h"

namespace troupe::simulation {

[[nodiscard]] messages::YearTotals to_message(const year_totals& totals);

/// Levels that the message lacks have nobody; those beyond level_count are
/// left out.
[[nodiscard]] year_totals from_message(const messages::YearTotals& message);

} // namespace troupe::simulation
