#include "runtime/tabular/numbers.hpp"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace troupe::runtime {

namespace {

__extension__ using uint128 = unsigned __int128;

constexpr auto decimals_max = 9;
constexpr auto powers_of_ten = std::array<std::uint64_t, decimals_max + 1>{
  1,       10,        100,        1'000,       10'000,
  100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// "00" to "99", laid end to end.
constexpr auto digit_pairs = [] {
  auto pairs = std::array<char, 200>{};
  for (auto i = 0; i < 100; ++i) {
    const auto at = static_cast<std::size_t>(i) * 2;
    pairs[at] = static_cast<char>('0' + i / 10);
    pairs[at + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* copy(char* target, std::string_view text) {
  std::memcpy(target, text.data(), text.size());
  return target + text.size();
}

char* format_special(char* target, double value) {
  if (std::isnan(value))
    return copy(target, "nan");
  return copy(target, value < 0 ? "-inf" : "inf");
}

/// Exactly `count` digits, with leading zeros.
void write_digits(char* target, std::uint64_t value, int count) {
  auto* at = target + count;
  for (; count >= 2; count -= 2) {
    at -= 2;
    std::memcpy(at, digit_pairs.data() + value % 100 * 2, 2);
    value /= 100;
  }
  if (count == 1)
    *target = static_cast<char>('0' + value % 10);
}

/// Digits and exponent of a finite number's shortest form.
struct decimal {
  std::array<char, 20> digits;
  int count;
  int exponent; ///< d.ddd times ten to this.
};

/// Takes "-d.ddde-xx" apart.
decimal take_apart(const char* at, const char* end) {
  auto result = decimal{};
  for (; at != end && *at != 'e'; ++at)
    if (*at != '.' && *at != '-')
      result.digits[static_cast<std::size_t>(result.count++)] = *at;
  if (at != end) {
    at += at[1] == '+' ? 2 : 1;
    std::from_chars(at, end, result.exponent);
  }
  return result;
}

char* write_positional(char* target, const decimal& number) {
  const auto* digits = number.digits.data();
  const auto count = static_cast<std::size_t>(number.count);
  if (number.exponent < 0) {
    target = copy(target, "0.");
    const auto zeros = static_cast<std::size_t>(-number.exponent - 1);
    std::memset(target, '0', zeros);
    return copy(target + zeros, {digits, count});
  }
  const auto whole = static_cast<std::size_t>(number.exponent) + 1;
  if (count <= whole) {
    target = copy(target, {digits, count});
    std::memset(target, '0', whole - count);
    return copy(target + (whole - count), ".0");
  }
  target = copy(target, {digits, whole});
  *target++ = '.';
  return copy(target, {digits + whole, count - whole});
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char left, char right) {
                      return (left | 0x20) == right;
                    });
}

std::optional<double> parse_special(std::string_view text) {
  if (equals_ignoring_case(text, "nan"))
    return std::numeric_limits<double>::quiet_NaN();
  if (equals_ignoring_case(text, "inf")
      || equals_ignoring_case(text, "infinity"))
    return std::numeric_limits<double>::infinity();
  return std::nullopt;
}

} // namespace

std::optional<double> parse_number(std::string_view text) {
  auto magnitude = text;
  const auto is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+'))
    magnitude.remove_prefix(1);
  if (magnitude.empty())
    return std::nullopt;
  const auto first = magnitude.front();
  auto value = 0.0;
  if (first == '.' || (first >= '0' && first <= '9')) {
    const auto* end = magnitude.data() + magnitude.size();
    const auto parsed = fast_float::from_chars(magnitude.data(), end, value);
    // Out of range is no error: the value is then zero or infinite.
    if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument)
      return std::nullopt;
  } else {
    const auto special = parse_special(magnitude);
    if (!special)
      return std::nullopt;
    value = *special;
  }
  return is_negative ? -value : value;
}

char* format_integer(char* target, std::uint64_t value) {
  return std::to_chars(target, target + number_bytes_max, value).ptr;
}

char* format_shortest(char* target, double value) {
  if (!std::isfinite(value))
    return format_special(target, value);
  auto* end = std::to_chars(target, target + number_bytes_max, value,
                            std::chars_format::scientific)
                .ptr;
  const auto number = take_apart(target, end);
  if (number.exponent < -4 || number.exponent >= 16)
    return end;
  return write_positional(target + (std::signbit(value) ? 1 : 0), number);
}

/// Multiplies the significand by ten to the decimals, exactly, and shifts by
/// the exponent: what falls out decides on the rounding.
char* format_fixed(char* target, double value, int decimals) {
  if (!std::isfinite(value))
    return format_special(target, value);
  decimals = std::clamp(decimals, 0, decimals_max);
  const auto power = powers_of_ten[static_cast<std::size_t>(decimals)];
  // Below this the scaled value has at most 63 bits.
  if (!(std::abs(value) < 9e18 / static_cast<double>(power)))
    return std::to_chars(target, target + number_bytes_max, value,
                         std::chars_format::fixed, decimals)
      .ptr;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto biased = static_cast<int>((bits >> 52) & 0x7FF);
  auto significand = bits & 0x000FFFFFFFFFFFFFU;
  if (biased != 0)
    significand |= 0x0010000000000000U;
  const auto product = static_cast<uint128>(significand) * power;
  const auto shift = 1075 - std::max(biased, 1);
  auto scaled = std::uint64_t{0};
  if (shift <= 0) {
    scaled = static_cast<std::uint64_t>(product << -shift);
  } else if (shift < 85) { // The product has at most 53 + 30 bits.
    scaled = static_cast<std::uint64_t>(product >> shift);
    const auto rest = product & ((static_cast<uint128>(1) << shift) - 1);
    const auto half = static_cast<uint128>(1) << (shift - 1);
    if (rest > half || (rest == half && (scaled & 1U) != 0))
      ++scaled;
  }
  *target = '-';
  target += bits >> 63;
  target = format_integer(target, scaled / power);
  if (decimals == 0)
    return target;
  *target++ = '.';
  write_digits(target, scaled % power, decimals);
  return target + decimals;
}

void append_shortest(std::string& text, double value) {
  std::array<char, number_bytes_max> buffer; // Zeroing would cost as much.
  text.append(buffer.data(), format_shortest(buffer.data(), value));
}

void append_fixed(std::string& text, double value, int decimals) {
  std::array<char, number_bytes_max> buffer; // Zeroing would cost as much.
  text.append(buffer.data(), format_fixed(buffer.data(), value, decimals));
}

void append_integer(std::string& text, std::int64_t value) {
  auto buffer = std::array<char, 24>{};
  const auto written
    = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  text.append(buffer.data(), written.ptr);
}

} // namespace troupe::runtime
