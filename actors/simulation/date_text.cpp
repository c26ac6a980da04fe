#include "actors/simulation/date_text.hpp"

#include <cstddef>

namespace troupe::simulation {

namespace {

std::optional<int> digits(std::string_view text) {
  auto value = 0;
  for (const auto each : text) {
    if (each < '0' || each > '9')
      return std::nullopt;
    value = value * 10 + (each - '0');
  }
  return value;
}

void append_padded(std::string& text, unsigned value, std::size_t width) {
  const auto plain = std::to_string(value);
  text.append(plain.size() < width ? width - plain.size() : 0, '0');
  text += plain;
}

} // namespace

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-')
    return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2));
  if (!year || !month || !day)
    return std::nullopt;
  const auto date = std::chrono::year_month_day{
    std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
    std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  return std::chrono::sys_days{date};
}

void append_date(std::string& text, std::chrono::sys_days day) {
  const auto date = std::chrono::year_month_day{day};
  append_padded(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.day()), 2);
}

} // namespace troupe::simulation
