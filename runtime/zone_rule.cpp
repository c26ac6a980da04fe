#include "runtime/zone_rule.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace chrono = std::chrono;

namespace {

constexpr auto last_year = 9999;

/// Takes a TZ text apart from left to right; once wrong, it stays wrong.
class tz_scanner {
public:
  explicit tz_scanner(std::string_view text) noexcept : rest_{text} {}

  [[nodiscard]] bool is_good() const noexcept {
    return is_good_;
  }

  [[nodiscard]] bool at_end() const noexcept {
    return rest_.empty();
  }

  [[nodiscard]] bool is_next(char c) const noexcept {
    return rest_.starts_with(c);
  }

  bool accept(char c) noexcept {
    if (!is_next(c))
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) noexcept {
    is_good_ = accept(c) && is_good_;
  }

  /// "CET" or "<+0530>": at least three characters.
  void name() noexcept {
    if (accept('<')) {
      const auto end = std::min(rest_.find('>'), rest_.size());
      is_good_ = is_good_ && end >= 3;
      rest_.remove_prefix(end);
      return expect('>');
    }
    auto length = std::size_t{0};
    while (length < rest_.size() && is_letter(rest_[length]))
      ++length;
    is_good_ = is_good_ && length >= 3;
    rest_.remove_prefix(length);
  }

  int number(int min, int max) noexcept {
    auto value = 0;
    auto digits = 0;
    while (digits < 4 && !rest_.empty() && is_digit(rest_[0])) {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    is_good_ = is_good_ && digits > 0 && value >= min && value <= max;
    return value;
  }

  /// "[+-]h[h[h]][:mm[:ss]]".
  chrono::seconds time(int hours_max) noexcept {
    const auto is_negative = accept('-');
    if (!is_negative)
      accept('+');
    chrono::seconds value = chrono::hours{number(0, hours_max)};
    if (accept(':')) {
      value += chrono::minutes{number(0, 59)};
      if (accept(':'))
        value += chrono::seconds{number(0, 59)};
    }
    return is_negative ? -value : value;
  }

  yearly_moment moment() noexcept {
    auto result = yearly_moment{};
    if (accept('M')) {
      result.kind = yearly_moment::day_kind::weekday_of_month;
      result.month = static_cast<unsigned>(number(1, 12));
      expect('.');
      result.week = static_cast<unsigned>(number(1, 5));
      expect('.');
      result.weekday = static_cast<unsigned>(number(0, 6));
    } else if (accept('J')) {
      result.kind = yearly_moment::day_kind::day_without_leap;
      result.day = number(1, 365);
    } else {
      result.day = number(0, 365);
    }
    if (accept('/'))
      result.time = time(167);
    return result;
  }

private:
  static bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
  }

  static bool is_letter(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  std::string_view rest_;
  bool is_good_ = true;
};

} // namespace

chrono::local_seconds yearly_moment::in(chrono::year year) const {
  using chrono::local_days;
  const auto new_year = local_days{year / chrono::January / 1};
  switch (kind) {
    case day_kind::weekday_of_month: {
      const auto day_of_week = chrono::weekday{weekday};
      if (week == 5)
        return local_days{year / chrono::month{month}
                          / day_of_week[chrono::last]}
               + time;
      return local_days{year / chrono::month{month} / day_of_week[week]} + time;
    }
    case day_kind::day_without_leap: {
      const auto leap_day = year.is_leap() && day >= 60 ? 1 : 0;
      return new_year + chrono::days{day - 1 + leap_day} + time;
    }
    case day_kind::day_of_year:
      break;
  }
  return new_year + chrono::days{day} + time;
}

std::optional<zone_rule> zone_rule::parse(std::string_view text) {
  auto in = tz_scanner{text};
  auto rule = zone_rule{};
  in.name();
  // POSIX counts west of Greenwich as positive.
  rule.standard_ = -in.time(24);
  if (in.is_good() && !in.at_end()) {
    rule.has_daylight_ = true;
    in.name();
    rule.daylight_
      = in.is_next(',') ? rule.standard_ + chrono::hours{1} : -in.time(24);
    in.expect(',');
    rule.daylight_begin_ = in.moment();
    in.expect(',');
    rule.daylight_end_ = in.moment();
  }
  if (!in.is_good() || !in.at_end())
    return std::nullopt;
  return rule;
}

std::array<zone_rule::change, 6>
zone_rule::changes_around(chrono::year year) const {
  auto changes = std::array<change, 6>{};
  auto next = changes.begin();
  for (auto y = year - chrono::years{1}; y <= year + chrono::years{1}; ++y) {
    // Each moment is told in the time that holds before it.
    const auto begin = daylight_begin_.in(y).time_since_epoch() - standard_;
    const auto end = daylight_end_.in(y).time_since_epoch() - daylight_;
    *next++ = {chrono::sys_seconds{begin}, daylight_};
    *next++ = {chrono::sys_seconds{end}, standard_};
  }
  // Where both fall on one instant, as in "daylight time all year", the
  // beginning counts.
  std::sort(changes.begin(), changes.end(),
            [&](const change& left, const change& right) {
              return left.at != right.at
                       ? left.at < right.at
                       : left.offset == standard_ && right.offset == daylight_;
            });
  return changes;
}

offset_period zone_rule::period_at(chrono::sys_seconds instant) const {
  auto period = offset_period{zone_time_min, zone_time_max, standard_};
  if (!has_daylight_)
    return period;
  constexpr auto horizon
    = chrono::sys_days{chrono::year{last_year} / chrono::December / 31};
  const auto known = std::min<chrono::sys_seconds>(instant, horizon);
  const auto year
    = chrono::year_month_day{chrono::floor<chrono::days>(known)}.year();
  for (const auto& [at, offset] : changes_around(year)) {
    if (at > known) {
      if (offset == period.offset)
        continue;
      period.end = at;
      break;
    }
    if (offset != period.offset || period.begin == zone_time_min)
      period.begin = at;
    period.offset = offset;
  }
  if (instant > horizon)
    period.end = zone_time_max;
  return period;
}

} // namespace troupe::runtime
