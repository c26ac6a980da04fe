#pragma once

#include "actors/engine/activity_registry.hpp"

namespace troupe::engine {

/// Adds `noop`, which returns what it is given.
void add_basic_activities(activity_registry& registry);

} // namespace troupe::engine
