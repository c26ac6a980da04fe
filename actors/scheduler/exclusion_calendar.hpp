#pragma once

#include "actors/scheduler/instant.hpp"
#include "runtime/time_zone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::scheduler {

/// From one day to another, both included.
struct date_range {
  std::chrono::local_days first;
  std::chrono::local_days last;

  friend bool operator==(const date_range&, const date_range&) = default;
};

/// A part of certain days, by the clocks of a zone, in which nothing is due.
struct exclusion_window {
  /// Bits 0 to 6; Sunday is 0.
  std::uint8_t days_of_week = 0x7F;
  /// Empty: every day. Both this and the day of the week have to match.
  std::vector<date_range> dates;
  /// Since midnight, below 24 h.
  std::chrono::seconds from{0};
  /// Exclusive, at most 24 h; of the next day unless later than `from`.
  std::chrono::seconds to{std::chrono::hours{24}};
  runtime::time_zone zone;

  friend bool operator==(const exclusion_window&, const exclusion_window&)
    = default;
};

/// What becomes of a time that is excluded.
enum class exclusion_policy : std::uint8_t {
  skip, ///< It is not due at all.
  defer, ///< It is due when the window ends.
};

/// Windows in which nothing is due; they may overlap. A window that begins or
/// ends at a time that the clock repeats or skips is the longer of what it may
/// mean: when in doubt, a time is excluded.
class exclusion_calendar {
public:
  exclusion_calendar() = default;

  /// Brings the dates of each window in order.
  exclusion_calendar(std::vector<exclusion_window> windows,
                     exclusion_policy policy);

  [[nodiscard]] const std::vector<exclusion_window>& windows() const noexcept {
    return windows_;
  }

  [[nodiscard]] exclusion_policy policy() const noexcept {
    return policy_;
  }

  [[nodiscard]] bool excludes(instant at) const {
    return find_period(at).has_value();
  }

  /// The first instant from `at` on that is not excluded; nothing if that
  /// takes a thousand windows without a gap, or does not come.
  [[nodiscard]] std::optional<instant> free_from(instant at) const;

  /// Since when everything up to `at`, which must be excluded, is; nothing as
  /// above.
  [[nodiscard]] std::optional<instant> excluded_since(instant at) const;

  friend bool operator==(const exclusion_calendar&, const exclusion_calendar&)
    = default;

private:
  struct period {
    instant begin;
    instant end; ///< Exclusive.
  };

  /// What the windows around `at` exclude together, if anything.
  [[nodiscard]] std::optional<period> find_period(instant at) const;

  std::vector<exclusion_window> windows_;
  exclusion_policy policy_ = exclusion_policy::skip;
};

} // namespace troupe::scheduler
