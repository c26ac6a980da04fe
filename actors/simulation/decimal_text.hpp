#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// Reads "-12.5" as a whole number of the smallest parts, exactly: with two
/// decimals, -1250. An optional minus, digits, and at most `decimals` more
/// after a point. Nothing for anything else and what 64 bits do not hold.
[[nodiscard]] std::optional<std::int64_t> parse_decimal(std::string_view text,
                                                        int decimals);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string group_digits(std::int64_t number);

/// A whole number of the smallest parts with all its decimals, digits before
/// the point in groups: with two decimals, 123456 is "1,234.56".
[[nodiscard]] std::string render_decimal(std::int64_t parts, int decimals);

} // namespace troupe::simulation
