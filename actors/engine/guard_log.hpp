#pragma once

#include "actors/engine/guard_desk.hpp"

#include <vector>

namespace troupe::engine {

/// Tells operators of circuits that open and close, and of quotas that run out.
void log_guard_events(const std::vector<desk_event>& events);

} // namespace troupe::engine
