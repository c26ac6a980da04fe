#pragma once

#include "actors/scheduler/schedule_definition.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::scheduler {

/// Names the start of a schedule for a due time:
/// "nightly@2026-03-29T01:00:00Z". Whoever starts runs under such keys starts
/// none twice.
[[nodiscard]] std::string fire_key(std::string_view schedule_id, instant due);

/// The due times of a schedule: a set of instants that follows from the
/// definition alone, so that the answers do not depend on when they are asked.
/// A time that the calendar excludes is not in it or, deferred, replaced by the
/// end of the window; several that are deferred to the same end are one.
class schedule_recurrence {
public:
  /// Keeps what it needs of the definition.
  explicit schedule_recurrence(const schedule_definition& of);

  /// The first due time after `after`; none within 50 years means never, and so
  /// does a thousand or more of them that are excluded one by one.
  [[nodiscard]] std::optional<instant> next(instant after) const;

  /// The last due time before `before`, as far back.
  [[nodiscard]] std::optional<instant> previous(instant before) const;

  /// When the start for a due time is meant to be: the same or, with jitter,
  /// somewhat later, but before the next due time. Follows from the schedule's
  /// id and the due time.
  [[nodiscard]] instant start_of(instant due) const;

private:
  [[nodiscard]] std::optional<instant> next_raw(instant after) const;
  [[nodiscard]] std::optional<instant> previous_raw(instant before) const;
  [[nodiscard]] std::size_t excluded_max() const;
  [[nodiscard]] std::optional<instant> next_kept(instant after) const;
  [[nodiscard]] std::optional<instant> previous_kept(instant before) const;
  [[nodiscard]] std::optional<instant> next_deferred(instant after) const;
  [[nodiscard]] std::optional<instant> previous_deferred(instant before) const;

  std::string id_;
  schedule_timing timing_;
  exclusion_calendar calendar_;
  instant from_;
  instant until_;
  std::chrono::milliseconds jitter_;
};

} // namespace troupe::scheduler
