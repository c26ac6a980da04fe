#include "actors/scheduler/cron_dates.hpp"

#include <bit>

namespace troupe::scheduler {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::year_month;
using std::chrono::year_month_day;

/// No bit.
constexpr auto nothing = 64U;

/// The lowest bit from `from` on.
unsigned bit_from(std::uint64_t bits, unsigned from) noexcept {
  if (from >= 64)
    return nothing;
  return static_cast<unsigned>(std::countr_zero(bits >> from << from));
}

/// The highest bit up to `to`, which is below 64.
unsigned bit_to(std::uint64_t bits, unsigned to) noexcept {
  const auto kept = bits << (63U - to) >> (63U - to);
  return kept == 0 ? nothing
                   : 63U - static_cast<unsigned>(std::countl_zero(kept));
}

struct time_of_day {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;

  explicit time_of_day(seconds time)
    : hour{static_cast<unsigned>(time.count() / 3600)},
      minute{static_cast<unsigned>(time.count() / 60 % 60)},
      second{static_cast<unsigned>(time.count() % 60)} {}
};

seconds time_of(unsigned hour, unsigned minute, unsigned second) {
  return seconds{hour * 3600 + minute * 60 + second};
}

std::optional<seconds> next_time(const cron_expression& of, seconds from) {
  const auto at = time_of_day{from};
  const auto first_second = bit_from(of.seconds, 0);
  if ((of.hours >> at.hour & 1U) != 0) {
    if ((of.minutes >> at.minute & 1U) != 0) {
      const auto second = bit_from(of.seconds, at.second);
      if (second != nothing)
        return time_of(at.hour, at.minute, second);
    }
    const auto minute = bit_from(of.minutes, at.minute + 1);
    if (minute != nothing)
      return time_of(at.hour, minute, first_second);
  }
  const auto hour = bit_from(of.hours, at.hour + 1);
  if (hour == nothing)
    return std::nullopt;
  return time_of(hour, bit_from(of.minutes, 0), first_second);
}

std::optional<seconds> previous_time(const cron_expression& of, seconds from) {
  const auto at = time_of_day{from};
  const auto last_second = bit_to(of.seconds, 59);
  if ((of.hours >> at.hour & 1U) != 0) {
    if ((of.minutes >> at.minute & 1U) != 0) {
      const auto second = bit_to(of.seconds, at.second);
      if (second != nothing)
        return time_of(at.hour, at.minute, second);
    }
    const auto minute
      = at.minute == 0 ? nothing : bit_to(of.minutes, at.minute - 1);
    if (minute != nothing)
      return time_of(at.hour, minute, last_second);
  }
  const auto hour = at.hour == 0 ? nothing : bit_to(of.hours, at.hour - 1);
  if (hour == nothing)
    return std::nullopt;
  return time_of(hour, bit_to(of.minutes, 59), last_second);
}

year_month month_of(local_days day) {
  const auto date = year_month_day{day};
  return date.year() / date.month();
}

/// A month, seen from its days of the week.
struct month_days {
  explicit month_days(year_month month)
    : last{static_cast<unsigned>((month / std::chrono::last).day())},
      first_weekday{std::chrono::weekday{local_days{month / 1}}.c_encoding()} {}

  [[nodiscard]] std::uint32_t all() const noexcept {
    return ((std::uint32_t{2} << last) - 1) & ~1U;
  }

  [[nodiscard]] unsigned weekday(unsigned day) const noexcept {
    return (first_weekday + day - 1) % 7;
  }

  [[nodiscard]] std::uint32_t nth(unsigned weekday_at, unsigned k) const {
    const auto first = 1 + (weekday_at + 7 - first_weekday) % 7;
    const auto day = first + 7 * (k - 1);
    return day <= last ? std::uint32_t{1} << day : 0;
  }

  [[nodiscard]] std::uint32_t each(unsigned weekday_at) const {
    const auto first = 1 + (weekday_at + 7 - first_weekday) % 7;
    return (0x1020'4081U << first) & all();
  }

  [[nodiscard]] std::uint32_t nearest_weekday(unsigned day) const {
    if (day > last)
      return 0;
    if (weekday(day) == 6)
      return std::uint32_t{1} << (day > 1 ? day - 1 : day + 2);
    if (weekday(day) == 0)
      return std::uint32_t{1} << (day < last ? day + 1 : day - 2);
    return std::uint32_t{1} << day;
  }

  unsigned last;
  unsigned first_weekday;
};

std::uint32_t by_day_of_month(const cron_expression& of,
                              const month_days& month) {
  auto result = of.days & month.all();
  for (auto bits = of.nearest_weekdays; bits != 0; bits &= bits - 1)
    result
      |= month.nearest_weekday(static_cast<unsigned>(std::countr_zero(bits)));
  if (of.has_last_day)
    result |= std::uint32_t{1} << month.last;
  if (of.has_last_weekday)
    result |= month.nearest_weekday(month.last);
  return result;
}

std::uint32_t by_day_of_week(const cron_expression& of,
                             const month_days& month) {
  auto result = std::uint32_t{0};
  for (auto day = 0U; day < 7; ++day) {
    if ((of.days_of_week >> day & 1U) != 0)
      result |= month.each(day);
    const unsigned nth = of.nth_of_month[day];
    for (auto bits = nth & ~1U; bits != 0; bits &= bits - 1)
      result |= month.nth(day, static_cast<unsigned>(std::countr_zero(bits)));
    if ((nth & 1U) != 0)
      result |= std::uint32_t{1} << bit_to(month.each(day), 31);
  }
  return result;
}

} // namespace

std::uint32_t matching_days(const cron_expression& expression,
                            year_month month) {
  if ((expression.months >> static_cast<unsigned>(month.month()) & 1U) == 0)
    return 0;
  const auto days = month_days{month};
  if (expression.is_any_day_of_month)
    return expression.is_any_day_of_week ? days.all()
                                         : by_day_of_week(expression, days);
  if (expression.is_any_day_of_week)
    return by_day_of_month(expression, days);
  return by_day_of_month(expression, days) | by_day_of_week(expression, days);
}

std::optional<local_seconds> next_match(const cron_expression& expression,
                                        local_seconds from,
                                        local_seconds until) {
  const auto today = std::chrono::floor<days>(from);
  auto month = month_of(today);
  auto day = static_cast<unsigned>(year_month_day{today}.day());
  auto matching = matching_days(expression, month);
  if ((matching >> day & 1U) != 0)
    if (const auto time = next_time(expression, from - today))
      return today + *time <= until ? std::optional{today + *time}
                                    : std::nullopt;
  const auto last_month = month_of(std::chrono::floor<days>(until));
  for (++day; month <= last_month; day = 1) {
    const auto found = bit_from(matching, day);
    if (found != nothing) {
      const auto first = *next_time(expression, seconds{0});
      const auto at = local_days{month / std::chrono::day{found}} + first;
      return at <= until ? std::optional{at} : std::nullopt;
    }
    month += months{1};
    matching = matching_days(expression, month);
  }
  return std::nullopt;
}

std::optional<local_seconds> previous_match(const cron_expression& expression,
                                            local_seconds from,
                                            local_seconds until) {
  constexpr auto end_of_day = seconds{86'399};
  const auto today = std::chrono::floor<days>(from);
  auto month = month_of(today);
  auto day = static_cast<unsigned>(year_month_day{today}.day());
  auto matching = matching_days(expression, month);
  if ((matching >> day & 1U) != 0)
    if (const auto time = previous_time(expression, from - today))
      return today + *time >= until ? std::optional{today + *time}
                                    : std::nullopt;
  const auto first_month = month_of(std::chrono::floor<days>(until));
  for (--day; month >= first_month; day = 31) {
    const auto found = bit_to(matching, day);
    if (found != nothing) {
      const auto last = *previous_time(expression, end_of_day);
      const auto at = local_days{month / std::chrono::day{found}} + last;
      return at >= until ? std::optional{at} : std::nullopt;
    }
    month -= months{1};
    matching = matching_days(expression, month);
  }
  return std::nullopt;
}

} // namespace troupe::scheduler
