#include "runtime/tabular/numbers.hpp"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace troupe::runtime {

namespace {

__extension__ using uint128 = unsigned __int128;

constexpr auto decimals_max = 9;
constexpr auto integer_bytes_max = 20;
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

void append(std::string& text, const char* begin, const char* end) {
  text.append(begin, static_cast<std::size_t>(end - begin));
}

char* format_special(char* target, double value) {
  if (std::isnan(value))
    return copy(target, "nan");
  return copy(target, value < 0 ? "-inf" : "inf");
}

/// The value over ten to the `Decimals`, with all its decimals.
template <std::size_t Decimals>
char* write_scaled(char* target, std::uint64_t scaled) {
  constexpr auto power = powers_of_ten[Decimals];
  const auto whole = scaled / power;
  if (whole < 10)
    *target++ = static_cast<char>('0' + whole);
  else
    target = std::to_chars(target, target + integer_bytes_max, whole).ptr;
  if constexpr (Decimals > 0) {
    auto fraction = static_cast<std::uint32_t>(scaled % power);
    *target = '.';
    auto* at = target + 1 + Decimals;
    for (auto pair = Decimals / 2; pair > 0; --pair) {
      at -= 2;
      std::memcpy(at, digit_pairs.data() + fraction % 100 * 2, 2);
      fraction /= 100;
    }
    if (Decimals % 2 == 1)
      target[1] = static_cast<char>('0' + fraction);
    target += 1 + Decimals;
  }
  return target;
}

template <std::size_t... Decimals>
constexpr auto scaled_writers(std::index_sequence<Decimals...>) {
  return std::array{&write_scaled<Decimals>...};
}

constexpr auto writers
  = scaled_writers(std::make_index_sequence<decimals_max + 1>{});

/// A finite number's shortest form: d.ddd times ten to the exponent, d.ddd
/// without its point.
struct decimal {
  std::array<char, 20> digits;
  std::size_t count;
  int exponent;
};

/// Takes "d.ddde-xx" apart.
decimal take_apart(std::string_view text) {
  auto result = decimal{};
  const auto mark = text.rfind('e');
  const auto* exponent = text.data() + mark + (text[mark + 1] == '+' ? 2 : 1);
  std::from_chars(exponent, text.data() + text.size(), result.exponent);
  result.digits[0] = text[0];
  result.count = mark == 1 ? 1 : mark - 1;
  std::memcpy(result.digits.data() + 1, text.data() + 2, result.count - 1);
  return result;
}

char* write_positional(char* target, const decimal& number) {
  const auto* digits = number.digits.data();
  const auto count = number.count;
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

char* format_integer(char* target, std::int64_t value) {
  return std::to_chars(target, target + integer_bytes_max, value).ptr;
}

char* format_shortest(char* target, double value) {
  if (!std::isfinite(value))
    return format_special(target, value);
  *target = '-';
  target += std::signbit(value) ? 1 : 0;
  const auto* end
    = std::to_chars(target, target + number_bytes_max - 1, std::abs(value),
                    std::chars_format::scientific)
        .ptr;
  const auto number
    = take_apart({target, static_cast<std::size_t>(end - target)});
  if (number.exponent < -4 || number.exponent >= 16)
    return target + (end - target);
  return write_positional(target, number);
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
  return writers[static_cast<std::size_t>(decimals)](target, scaled);
}

void append_shortest(std::string& text, double value) {
  std::array<char, number_bytes_max> buffer; // Zeroing would cost as much.
  append(text, buffer.data(), format_shortest(buffer.data(), value));
}

void append_fixed(std::string& text, double value, int decimals) {
  std::array<char, number_bytes_max> buffer; // Zeroing would cost as much.
  append(text, buffer.data(), format_fixed(buffer.data(), value, decimals));
}

void append_integer(std::string& text, std::int64_t value) {
  std::array<char, 24> buffer;
  append(text, buffer.data(), format_integer(buffer.data(), value));
}

} // namespace troupe::runtime
