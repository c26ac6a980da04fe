#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// Reads "2025-07-15", a day that exists; nothing for anything else.
[[nodiscard]] std::optional<std::chrono::sys_days>
parse_date(std::string_view text);

/// Appends a day of the years 0 to 9999 as "2025-07-15".
void append_date(std::string& text, std::chrono::sys_days day);

} // namespace troupe::simulation
