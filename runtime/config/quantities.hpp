#pragma once

#include "runtime/problem.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Reads "90s", "5m", "1h30m", "250ms", "1.5s" (units d h m s ms, each at most
/// once, largest first), ISO 8601 "PT1H30M" (weeks or days, hours, minutes,
/// seconds; no years or months, whose length varies), or "0". Never negative;
/// finer than a millisecond is an error.
[[nodiscard]] outcome<std::chrono::milliseconds>
parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back, for example "1h30m".
/// `duration` must not be negative.
[[nodiscard]] std::string render_duration(std::chrono::milliseconds duration);

/// Reads "06:00" or "23:59:30"; "24:00" is the end of the day. Always two
/// digits each.
[[nodiscard]] outcome<std::chrono::seconds>
parse_time_of_day(std::string_view text);

/// Reads "64MiB": a number, then B, KiB, MiB, GiB, TiB (powers of 1024) or kB,
/// MB, GB, TB (powers of 1000); a bare number is bytes. Must come out whole.
[[nodiscard]] outcome<std::uint64_t> parse_byte_size(std::string_view text);

/// In the largest power of 1024 that divides it, for example "64MiB".
[[nodiscard]] std::string render_byte_size(std::uint64_t bytes);

} // namespace troupe::runtime
