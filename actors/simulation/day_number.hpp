#pragma once

#include <chrono>
#include <cstdint>

namespace troupe::simulation {

/// Days since 1970-01-01.
using day_number = std::int32_t;

[[nodiscard]] constexpr day_number day_of(std::chrono::sys_days day) noexcept {
  return static_cast<day_number>(day.time_since_epoch().count());
}

/// Of a date that exists.
[[nodiscard]] constexpr day_number day_of(std::int32_t year, unsigned month,
                                          unsigned day) noexcept {
  return day_of(
    std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month}
                          / std::chrono::day{day}});
}

} // namespace troupe::simulation
