#pragma once

#include "runtime/instant.hpp"

namespace troupe::scheduler {

using runtime::instant;
using runtime::instant_max; // Schedules live within these.
using runtime::instant_min;
using runtime::parse_instant;
using runtime::to_string;

} // namespace troupe::scheduler
