#include "actors/scheduler/cron_schedule.hpp"

#include "actors/scheduler/cron_dates.hpp"

namespace troupe::scheduler {

namespace {

using std::chrono::days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr auto horizon = days{50 * 366};
/// A place that changed its side of the date line skipped or repeated a day, so
/// that the instant of a local time may belong to the day before or after.
constexpr auto day_shift_max = days{2};

local_seconds to_local(sys_seconds at, seconds offset) {
  return local_seconds{(at + offset).time_since_epoch()};
}

sys_seconds to_utc(local_seconds at, seconds offset) {
  return sys_seconds{at.time_since_epoch()} - offset;
}

} // namespace

std::optional<instant> cron_schedule::next(instant after) const {
  if (after > instant_max)
    return std::nullopt;
  const auto from = std::max(after, instant_min);
  const auto at
    = expression_.is_fixed_time() ? next_fixed(from) : next_shown(from);
  return at <= instant_max ? at : std::nullopt;
}

std::optional<instant> cron_schedule::previous(instant before) const {
  if (before < instant_min)
    return std::nullopt;
  const auto from = std::min(before, instant_max);
  const auto at
    = expression_.is_fixed_time() ? previous_fixed(from) : previous_shown(from);
  return at >= instant_min ? at : std::nullopt;
}

std::optional<instant> cron_schedule::next_fixed(instant after) const {
  const auto here
    = std::chrono::floor<seconds>(zone_.to_local(after)) - day_shift_max;
  const auto last = here + horizon;
  auto from = here;
  while (const auto local = next_match(expression_, from, last)) {
    const auto at = zone_.to_instants(*local).first;
    if (at > after)
      return at;
    from = *local + seconds{1};
  }
  return std::nullopt;
}

std::optional<instant> cron_schedule::previous_fixed(instant before) const {
  const auto here
    = std::chrono::floor<seconds>(zone_.to_local(before)) + day_shift_max;
  const auto last = here - horizon;
  auto from = here;
  while (const auto local = previous_match(expression_, from, last)) {
    const auto at = zone_.to_instants(*local).first;
    if (at < before)
      return at;
    from = *local - seconds{1};
  }
  return std::nullopt;
}

std::optional<instant> cron_schedule::next_shown(instant after) const {
  auto at = std::chrono::floor<seconds>(after) + seconds{1};
  const auto last = at + horizon;
  // Within a period local time runs evenly.
  while (at < last) {
    const auto period = zone_.period_at(at);
    const auto end = std::min(period.end, last) - seconds{1};
    const auto local = next_match(expression_, to_local(at, period.offset),
                                  to_local(end, period.offset));
    if (local)
      return to_utc(*local, period.offset);
    at = period.end;
  }
  return std::nullopt;
}

std::optional<instant> cron_schedule::previous_shown(instant before) const {
  auto at = std::chrono::ceil<seconds>(before) - seconds{1};
  const auto first = at - horizon;
  while (at > first) {
    const auto period = zone_.period_at(at);
    const auto begin = std::max(period.begin, first);
    const auto local = previous_match(expression_, to_local(at, period.offset),
                                      to_local(begin, period.offset));
    if (local)
      return to_utc(*local, period.offset);
    at = period.begin - seconds{1};
  }
  return std::nullopt;
}

} // namespace troupe::scheduler
