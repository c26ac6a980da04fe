#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::runtime {

/// A day of every year and a time on it, as POSIX writes them in TZ:
/// "M10.5.0/3" (the last Sunday of October, 03:00), "J60", "59".
struct yearly_moment {
  enum class day_kind : std::uint8_t {
    weekday_of_month, ///< Mm.w.d
    day_without_leap, ///< Jn: 1 to 365, 29 February is never counted.
    day_of_year, ///< n: 0 to 365.
  };

  day_kind kind = day_kind::day_of_year;
  /// weekday_of_month only: 1 to 12; 1 to 5, 5 is the last; Sunday is 0.
  unsigned month = 1;
  unsigned week = 1;
  unsigned weekday = 0;
  /// The other two kinds only.
  int day = 0;
  /// From midnight, -167 h to 167 h.
  std::chrono::seconds time{std::chrono::hours{2}};

  /// The moment in local time.
  [[nodiscard]] std::chrono::local_seconds in(std::chrono::year year) const;
};

/// Before and after everything that a zone knows. Far from the limits of the
/// type, so that microseconds can hold them too.
inline constexpr auto zone_time_min = std::chrono::sys_seconds{
  std::chrono::sys_days{std::chrono::year{-32767} / std::chrono::January / 1}};
inline constexpr auto zone_time_max = std::chrono::sys_seconds{
  std::chrono::sys_days{std::chrono::year{32767} / std::chrono::December / 31}};

/// How far local time is ahead of UTC, and from when until when.
struct offset_period {
  std::chrono::sys_seconds begin;
  /// Exclusive.
  std::chrono::sys_seconds end;
  std::chrono::seconds offset{0};

  friend bool operator==(const offset_period&, const offset_period&) = default;
};

/// What holds after the last clock change that a time zone file lists: a POSIX
/// TZ text (IEEE 1003.1, chapter 8; RFC 8536, section 3.3).
class zone_rule {
public:
  /// Nothing if `text` is no such text.
  [[nodiscard]] static std::optional<zone_rule> parse(std::string_view text);

  [[nodiscard]] bool has_daylight_time() const noexcept {
    return has_daylight_;
  }

  /// The period that contains `instant`. Clocks change up to the year 9999;
  /// beyond, the last period goes on for ever.
  [[nodiscard]] offset_period period_at(std::chrono::sys_seconds instant) const;

private:
  struct change {
    std::chrono::sys_seconds at;
    std::chrono::seconds offset{0};
  };

  /// Of a year and its neighbours, in order.
  [[nodiscard]] std::array<change, 6>
  changes_around(std::chrono::year year) const;

  std::chrono::seconds standard_{0};
  bool has_daylight_ = false;
  std::chrono::seconds daylight_{0};
  yearly_moment daylight_begin_;
  yearly_moment daylight_end_;
};

} // namespace troupe::runtime
