#pragma once

#include "runtime/clock.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <string_view>

namespace troupe::runtime {

/// A point in time, UTC.
using instant = clock::wall_time;

/// The limits of what can be written: 0001-01-01 and 9999-12-31, both at
/// midnight.
inline constexpr auto instant_min = instant{
  std::chrono::sys_days{std::chrono::year{1} / std::chrono::January / 1}};
inline constexpr auto instant_max = instant{
  std::chrono::sys_days{std::chrono::year{9999} / std::chrono::December / 31}};

/// Reads RFC 3339: "2026-03-29T01:00:00Z", with a fraction of up to six digits,
/// or an offset such as +02:00 instead of Z. `invalid_input` for anything else
/// and beyond the limits above.
[[nodiscard]] outcome<instant> parse_instant(std::string_view text);

/// RFC 3339 in UTC, with a fraction only where there is one. Within the limits.
[[nodiscard]] std::string to_string(instant at);

} // namespace troupe::runtime
