#pragma once

#include "actors/scheduler/exclusion_calendar.hpp"
#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <vector>

namespace troupe::scheduler {

/// Reads {on_excluded, exclude: [{days, dates, from, to, zone}]}; windows are
/// in `zone` unless they say otherwise. What is wrong goes to `problems`.
[[nodiscard]] exclusion_calendar
read_exclusion_calendar(const runtime::yaml_value& value,
                        const runtime::time_zone& zone,
                        std::vector<runtime::problem>& problems);

} // namespace troupe::scheduler
