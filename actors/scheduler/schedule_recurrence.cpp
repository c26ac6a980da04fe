#include "actors/scheduler/schedule_recurrence.hpp"

#include <xxhash.h>

#include <algorithm>

namespace troupe::scheduler {

namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto tick = microseconds{1};
constexpr auto recurrence_horizon = days{50 * 366};
/// Windows and expressions that one search looks at, again and again: a tenth
/// of a second or two, for the most that a schedule may have of both.
constexpr auto looks_max = std::size_t{100'000};

/// How far `at` is behind the last due time of an interval at or before it.
microseconds phase_of(const interval_timing& timing, instant at) {
  const auto every = microseconds{timing.every};
  const auto rest = (at - timing.anchor) % every;
  return rest.count() < 0 ? rest + every : rest;
}

struct next_finder {
  std::optional<instant>
  operator()(const std::vector<cron_schedule>& of) const {
    auto first = std::optional<instant>{};
    for (const auto& each : of)
      if (const auto at = each.next(after); at && (!first || *at < *first))
        first = at;
    return first;
  }

  std::optional<instant> operator()(const interval_timing& of) const {
    return after - phase_of(of, after) + of.every;
  }

  std::optional<instant> operator()(instant once) const {
    return once > after ? std::optional{once} : std::nullopt;
  }

  instant after;
};

struct previous_finder {
  std::optional<instant>
  operator()(const std::vector<cron_schedule>& of) const {
    auto last = std::optional<instant>{};
    for (const auto& each : of)
      if (const auto at = each.previous(before); at && (!last || *at > *last))
        last = at;
    return last;
  }

  std::optional<instant> operator()(const interval_timing& of) const {
    return before - tick - phase_of(of, before - tick);
  }

  std::optional<instant> operator()(instant once) const {
    return once < before ? std::optional{once} : std::nullopt;
  }

  instant before;
};

} // namespace

std::string fire_key(std::string_view schedule_id, instant due) {
  return std::string{schedule_id} + "@" + to_string(due);
}

schedule_recurrence::schedule_recurrence(const schedule_definition& of)
  : id_{of.id}, timing_{of.timing}, calendar_{of.calendar},
    from_{of.from.value_or(instant_min)},
    until_{of.until.value_or(instant_max)}, jitter_{of.jitter} {}

std::optional<instant> schedule_recurrence::next(instant after) const {
  after = std::max(after, from_ - tick);
  if (after >= until_)
    return std::nullopt;
  const auto at = calendar_.policy() == exclusion_policy::defer
                    ? next_deferred(after)
                    : next_kept(after);
  return at && *at <= until_ ? at : std::nullopt;
}

std::optional<instant> schedule_recurrence::previous(instant before) const {
  before = std::min(before, until_ + tick);
  if (before <= from_)
    return std::nullopt;
  const auto at = calendar_.policy() == exclusion_policy::defer
                    ? previous_deferred(before)
                    : previous_kept(before);
  return at && *at >= from_ ? at : std::nullopt;
}

instant schedule_recurrence::start_of(instant due) const {
  if (jitter_ == milliseconds{0})
    return due;
  auto bound = jitter_;
  // Starts keep the order of their due times.
  if (const auto follower = next(due))
    bound = std::min(bound, std::chrono::floor<milliseconds>(*follower - due));
  if (bound <= milliseconds{0})
    return due;
  const auto key = fire_key(id_, due);
  const auto hash = XXH3_64bits(key.data(), key.size());
  return due
         + milliseconds{static_cast<std::int64_t>(
           hash % static_cast<std::uint64_t>(bound.count()))};
}

std::optional<instant> schedule_recurrence::next_raw(instant after) const {
  return std::visit(next_finder{after}, timing_);
}

std::optional<instant> schedule_recurrence::previous_raw(instant before) const {
  return std::visit(previous_finder{before}, timing_);
}

/// How many due times in a row may be excluded by windows with gaps between.
std::size_t schedule_recurrence::excluded_max() const {
  const auto* const crons = std::get_if<std::vector<cron_schedule>>(&timing_);
  const auto each
    = calendar_.windows().size() + (crons == nullptr ? 1 : crons->size());
  return looks_max / std::max<std::size_t>(each, 1);
}

std::optional<instant> schedule_recurrence::next_kept(instant after) const {
  const auto last = after + recurrence_horizon;
  auto at = next_raw(after);
  for (auto left = excluded_max(); at && *at <= last && left > 0; --left) {
    const auto free = calendar_.free_from(*at);
    if (!free || *free == *at)
      return free;
    at = next_raw(*free - tick);
  }
  return std::nullopt;
}

std::optional<instant>
schedule_recurrence::previous_kept(instant before) const {
  const auto first = before - recurrence_horizon;
  auto at = previous_raw(before);
  for (auto left = excluded_max(); at && *at >= first && left > 0; --left) {
    if (!calendar_.excludes(*at))
      return at;
    const auto begin = calendar_.excluded_since(*at);
    at = begin ? previous_raw(*begin) : std::nullopt;
  }
  return std::nullopt;
}

// Deferring keeps the order of times: what comes later is not deferred to an
// earlier instant.

std::optional<instant> schedule_recurrence::next_deferred(instant after) const {
  if (const auto last = previous_raw(after + tick))
    if (const auto free = calendar_.free_from(*last); free && *free > after)
      return free;
  const auto at = next_raw(after);
  return at ? calendar_.free_from(*at) : std::nullopt;
}

std::optional<instant>
schedule_recurrence::previous_deferred(instant before) const {
  auto at = previous_raw(before);
  if (!at)
    return std::nullopt;
  const auto free = calendar_.free_from(*at);
  if (free && *free < before)
    return free;
  // All of this window is deferred to `before` or later.
  const auto begin = calendar_.excluded_since(*at);
  at = begin ? previous_raw(*begin) : std::nullopt;
  return at ? calendar_.free_from(*at) : std::nullopt;
}

} // namespace troupe::scheduler
