#include "actors/simulation/decimal_text.hpp"

#include <algorithm>
#include <limits>

namespace troupe::simulation {

namespace {

constexpr auto number_max = std::numeric_limits<std::int64_t>::max();

/// Without the sign, which the lowest number of all would not survive.
std::uint64_t size_of(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  return number < 0 ? 0 - bits : bits;
}

std::string grouped(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

} // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text, int decimals) {
  const auto is_negative = text.starts_with('-');
  if (is_negative)
    text.remove_prefix(1);
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  auto after = std::string{};
  if (point != std::string_view::npos) {
    after = text.substr(point + 1);
    if (after.empty() || after.size() > static_cast<std::size_t>(decimals))
      return {};
  }
  if (whole.empty())
    return {};
  after.resize(static_cast<std::size_t>(decimals), '0');
  auto value = std::int64_t{0};
  for (const auto digit : std::string{whole} + after) {
    if (digit < '0' || digit > '9' || value > (number_max - (digit - '0')) / 10)
      return {};
    value = value * 10 + (digit - '0');
  }
  return is_negative ? -value : value;
}

std::string group_digits(std::int64_t number) {
  return (number < 0 ? "-" : "") + grouped(size_of(number));
}

std::string render_decimal(std::int64_t parts, int decimals) {
  if (decimals == 0)
    return group_digits(parts);
  auto unit = std::uint64_t{1};
  for (auto i = 0; i < decimals; ++i)
    unit *= 10;
  const auto size = size_of(parts);
  // The unit in front keeps the zeros after the point.
  const auto after = std::to_string(unit + size % unit).substr(1);
  return (parts < 0 ? "-" : "") + grouped(size / unit) + '.' + after;
}

} // namespace troupe::simulation
