#pragma once

#include "actors/scheduler/schedule_definition.hpp"

#include <string>
#include <vector>

namespace troupe::tools {

/// The zone in which a schedule is thought of: that of its expressions, else
/// UTC.
[[nodiscard]] runtime::time_zone
zone_of(const scheduler::schedule_definition& of);

/// A due time by the clocks of a zone: "2026-03-29 03:00:00 +02:00".
[[nodiscard]] std::string local_text(scheduler::instant at,
                                     const runtime::time_zone& zone);

/// Due times as a table for people: UTC, local time, and when the start is
/// meant to be if there is jitter.
[[nodiscard]] std::string
render_due_times(const scheduler::schedule_definition& of,
                 const std::vector<scheduler::instant>& due);

} // namespace troupe::tools
