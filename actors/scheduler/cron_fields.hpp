#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace troupe::scheduler {

/// What a field of a cron expression may hold.
struct cron_field {
  std::string_view name;
  unsigned min = 0;
  unsigned max = 0;
  /// Names of the values from `words_begin` on.
  std::span<const std::string_view> words;
  unsigned words_begin = 0;
};

inline constexpr auto month_words
  = std::array<std::string_view, 12>{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

inline constexpr auto weekday_words = std::array<std::string_view, 7>{
  "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

/// In the order in which they are written.
enum cron_position : std::size_t {
  second_field,
  minute_field,
  hour_field,
  day_of_month_field,
  month_field,
  day_of_week_field,
};

inline constexpr auto cron_fields = std::array<cron_field, 6>{{
  {"second", 0, 59, {}, 0},
  {"minute", 0, 59, {}, 0},
  {"hour", 0, 23, {}, 0},
  {"day-of-month", 1, 31, {}, 0},
  {"month", 1, 12, month_words, 1},
  // Sunday is 0 and 7.
  {"day-of-week", 0, 7, weekday_words, 0},
}};

} // namespace troupe::scheduler
