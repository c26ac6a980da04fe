#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// The double nearest to a decimal text, exactly (ties to even): optional sign,
/// digits with an optional point, optional exponent; or nan, inf, infinity in
/// any case. No blanks, no underscores, no hexadecimal. Too large a number is
/// infinite, as in Python. Nothing for anything else.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// Bytes that a format_ function may write for decimals of at most 9.
inline constexpr std::size_t number_bytes_max = 336;

/// Write to `target`, which has room for number_bytes_max, and return the end.
/// For the form see the append_ functions.
[[nodiscard]] char* format_shortest(char* target, double value);
[[nodiscard]] char* format_fixed(char* target, double value, int decimals);
[[nodiscard]] char* format_integer(char* target, std::int64_t value);

/// Appends the shortest decimal text that reads back as the same double, in the
/// form of Python's repr: "0.5", "100.0", "1e-05", "1e+16", "nan", "-inf".
void append_shortest(std::string& text, double value);

/// Appends the value correctly rounded (exact ties to even) to `decimals`
/// digits after the point, 0 to 9 and clamped to that: the digits of
/// printf("%.*f"). NaN is "nan" whatever its sign bit.
void append_fixed(std::string& text, double value, int decimals);

void append_integer(std::string& text, std::int64_t value);

} // namespace troupe::runtime
