#include "runtime/config/quantities.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <system_error>

namespace troupe::runtime {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor = 1;
};

constexpr auto time_units = std::array<unit, 5>{{
  {"d", 86'400'000},
  {"h", 3'600'000},
  {"m", 60'000},
  {"s", 1'000},
  {"ms", 1},
}};

constexpr auto iso_date_units
  = std::array<unit, 2>{{{"W", 604'800'000}, {"D", 86'400'000}}};

constexpr auto iso_time_units
  = std::array<unit, 3>{{{"H", 3'600'000}, {"M", 60'000}, {"S", 1'000}}};

constexpr auto kib = std::uint64_t{1024};

constexpr auto byte_units = std::array<unit, 10>{{
  {"TiB", kib* kib* kib* kib},
  {"GiB", kib* kib* kib},
  {"MiB", kib* kib},
  {"KiB", kib},
  {"TB", 1'000'000'000'000},
  {"GB", 1'000'000'000},
  {"MB", 1'000'000},
  {"kB", 1'000},
  {"B", 1},
  {"", 1},
}};

constexpr auto amount_max
  = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_while(std::string_view& text, auto predicate) {
  auto length = std::size_t{0};
  while (length < text.size() && predicate(text[length]))
    ++length;
  const auto head = text.substr(0, length);
  text.remove_prefix(length);
  return head;
}

/// a * b + c, or nothing above `amount_max`.
std::optional<std::uint64_t> multiply_add(std::uint64_t a, std::uint64_t b,
                                          std::uint64_t c) {
  auto product = std::uint64_t{0};
  auto sum = std::uint64_t{0};
  if (__builtin_mul_overflow(a, b, &product)
      || __builtin_add_overflow(product, c, &sum) || sum > amount_max)
    return std::nullopt;
  return sum;
}

/// "1.25" times a factor, exactly; nothing if it is no number, too large or not
/// whole.
std::optional<std::uint64_t> scaled(std::string_view number,
                                    std::uint64_t factor) {
  const auto whole_digits = take_while(number, is_digit);
  auto whole = std::uint64_t{0};
  const auto end = whole_digits.data() + whole_digits.size();
  if (std::from_chars(whole_digits.data(), end, whole).ec != std::errc{})
    return std::nullopt;
  auto fraction = std::uint64_t{0};
  if (!number.empty()) {
    number.remove_prefix(1); // The point; nothing else can follow the digits.
    if (number.empty() || number.size() > 9)
      return std::nullopt;
    auto scale = std::uint64_t{1};
    for (const auto digit : number) {
      if (!is_digit(digit))
        return std::nullopt;
      fraction = fraction * 10 + static_cast<std::uint64_t>(digit - '0');
      scale *= 10;
    }
    // 9 digits times a factor may pass 64 bits; 128 bits hold any.
    __extension__ using wide = unsigned __int128;
    const auto product = static_cast<wide>(fraction) * factor;
    if (product % scale != 0)
      return std::nullopt;
    fraction = static_cast<std::uint64_t>(product / scale);
  }
  return multiply_add(whole, factor, fraction);
}

/// Sums "1h30m" over units in falling order, each at most once. Consumes all.
std::optional<std::uint64_t> sum_of_parts(std::string_view text,
                                          std::span<const unit> units) {
  auto total = std::uint64_t{0};
  auto next = std::size_t{0};
  while (!text.empty()) {
    const auto number
      = take_while(text, [](char c) { return is_digit(c) || c == '.'; });
    const auto name
      = take_while(text, [](char c) { return !is_digit(c) && c != '.'; });
    while (next < units.size() && units[next].name != name)
      ++next;
    if (next == units.size())
      return std::nullopt;
    const auto part = scaled(number, units[next++].factor);
    if (!part)
      return std::nullopt;
    const auto sum = multiply_add(total, 1, *part);
    if (!sum)
      return std::nullopt;
    total = *sum;
  }
  return total;
}

/// What follows the "P" of an ISO 8601 duration.
std::optional<std::uint64_t> parse_iso(std::string_view text) {
  const auto split = text.find('T');
  const auto date = text.substr(0, split);
  const auto time = split == std::string_view::npos ? std::string_view{}
                                                    : text.substr(split + 1);
  if (split == std::string_view::npos ? date.empty() : time.empty())
    return std::nullopt;
  const auto days = sum_of_parts(date, iso_date_units);
  const auto rest = sum_of_parts(time, iso_time_units);
  if (!days || !rest)
    return std::nullopt;
  return multiply_add(*days, 1, *rest);
}

/// Two digits, or nothing.
std::optional<int> two_digits(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !is_digit(text[0]) || !is_digit(text[1]))
    return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

std::optional<std::chrono::seconds> read_time_of_day(std::string_view text) {
  const auto has_second = text.size() == 8;
  if ((text.size() != 5 && !has_second) || text[2] != ':'
      || (has_second && text[5] != ':'))
    return std::nullopt;
  const auto hour = two_digits(text.substr(0, 2));
  const auto minute = two_digits(text.substr(3, 2));
  const auto second
    = has_second ? two_digits(text.substr(6, 2)) : std::optional{0};
  if (!hour || !minute || !second || *minute > 59 || *second > 59)
    return std::nullopt;
  const auto time = std::chrono::hours{*hour} + std::chrono::minutes{*minute}
                    + std::chrono::seconds{*second};
  return time <= std::chrono::hours{24} ? std::optional{time} : std::nullopt;
}

} // namespace

outcome<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto amount = std::optional<std::uint64_t>{};
  if (text == "0")
    amount = 0;
  else if (text.starts_with('P'))
    amount = parse_iso(text.substr(1));
  else if (!text.empty())
    amount = sum_of_parts(text, time_units);
  if (!amount)
    return fail(problem_kind::invalid_input,
                "not a duration: \"" + std::string{text} + "\"",
                "write for example 250ms, 90s, 1h30m or PT1H30M");
  return std::chrono::milliseconds{static_cast<std::int64_t>(*amount)};
}

std::string render_duration(std::chrono::milliseconds duration) {
  auto rest = static_cast<std::uint64_t>(duration.count());
  auto text = std::string{};
  for (const auto& [name, factor] : time_units) {
    if (rest >= factor)
      text += std::to_string(rest / factor) + std::string{name};
    rest %= factor;
  }
  return text.empty() ? "0" : text;
}

outcome<std::chrono::seconds> parse_time_of_day(std::string_view text) {
  if (const auto time = read_time_of_day(text))
    return *time;
  return fail(problem_kind::invalid_input,
              "not a time of day: \"" + std::string{text.substr(0, 64)} + "\"",
              "write for example 06:00 or 23:59:30");
}

outcome<std::uint64_t> parse_byte_size(std::string_view text) {
  auto rest = text;
  const auto number
    = take_while(rest, [](char c) { return is_digit(c) || c == '.'; });
  for (const auto& [name, factor] : byte_units) {
    if (name != rest)
      continue;
    if (const auto bytes = scaled(number, factor))
      return *bytes;
  }
  return fail(problem_kind::invalid_input,
              "not a size: \"" + std::string{text} + "\"",
              "write for example 64MiB, 1.5GiB or 500kB");
}

std::string render_byte_size(std::uint64_t bytes) {
  for (const auto& [name, factor] : byte_units)
    if (name.ends_with("iB") && bytes >= factor && bytes % factor == 0)
      return std::to_string(bytes / factor) + std::string{name};
  return std::to_string(bytes) + "B";
}

} // namespace troupe::runtime
