#pragma once

#include "actors/engine/activity_registry.hpp"

namespace troupe::engine {

/// Adds the activities that need nothing but time:
///
///     noop      returns what it is given
///     sleep     with {for: DURATION}: returns null when that has passed
void add_basic_activities(activity_registry& registry);

} // namespace troupe::engine
