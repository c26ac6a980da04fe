#pragma once

#include "actors/scheduler/cron_expression.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::scheduler {

/// The days of a month that match, as bits 1 to 31; none in a month that the
/// expression does not name.
[[nodiscard]] std::uint32_t matching_days(const cron_expression& expression,
                                          std::chrono::year_month month);

/// The first local time in [from, until] that matches. Time zones play no part:
/// local time here has no gaps. Its cost grows with the months in between, not
/// with the days.
[[nodiscard]] std::optional<std::chrono::local_seconds>
next_match(const cron_expression& expression, std::chrono::local_seconds from,
           std::chrono::local_seconds until);

/// The last local time in [until, from] that matches.
[[nodiscard]] std::optional<std::chrono::local_seconds>
previous_match(const cron_expression& expression,
               std::chrono::local_seconds from,
               std::chrono::local_seconds until);

} // namespace troupe::scheduler
