#include "actors/scheduler/exclusion_calendar.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::scheduler {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::microseconds;

constexpr auto hops_max = 1'000;
/// A window may have begun on the day before. Beyond that, a place that changed
/// its side of the date line skipped or repeated a day.
constexpr auto days_before = days{2};
constexpr auto days_after = days{1};

bool is_on(const exclusion_window& window, local_days day) {
  const auto weekday = std::chrono::weekday{day}.c_encoding();
  if ((window.days_of_week >> weekday & 1U) == 0)
    return false;
  if (window.dates.empty())
    return true;
  const auto after
    = std::upper_bound(window.dates.begin(), window.dates.end(), day,
                       [](local_days left, const date_range& right) {
                         return left < right.first;
                       });
  return after != window.dates.begin() && day <= std::prev(after)->last;
}

/// The same days, in order and without overlap.
std::vector<date_range> in_order(std::vector<date_range> dates) {
  std::sort(dates.begin(), dates.end(),
            [](const date_range& left, const date_range& right) {
              return left.first < right.first;
            });
  auto result = std::vector<date_range>{};
  for (const auto& range : dates)
    if (result.empty() || result.back().last < range.first)
      result.push_back(range);
    else
      result.back().last = std::max(result.back().last, range.last);
  return result;
}

} // namespace

exclusion_calendar::exclusion_calendar(std::vector<exclusion_window> windows,
                                       exclusion_policy policy)
  : windows_{std::move(windows)}, policy_{policy} {
  for (auto& window : windows_)
    window.dates = in_order(std::move(window.dates));
}

std::optional<exclusion_calendar::period>
exclusion_calendar::find_period(instant at) const {
  auto result = std::optional<period>{};
  for (const auto& window : windows_) {
    const auto today = std::chrono::floor<days>(window.zone.to_local(at));
    for (auto day = today - days_before; day <= today + days_after;
         day += days{1}) {
      if (!is_on(window, day))
        continue;
      const auto last_day = window.to > window.from ? day : day + days{1};
      const auto begin = window.zone.to_instants(day + window.from).first;
      const auto end = window.zone.to_instants(last_day + window.to).last;
      if (at < begin || at >= end)
        continue;
      result = result ? period{std::min(result->begin, begin),
                               std::max(result->end, end)}
                      : period{begin, end};
    }
  }
  return result;
}

std::optional<instant> exclusion_calendar::free_from(instant at) const {
  for (auto hop = 0; hop < hops_max; ++hop) {
    const auto excluded = find_period(at);
    if (!excluded)
      return at;
    at = excluded->end;
  }
  return std::nullopt;
}

std::optional<instant> exclusion_calendar::excluded_since(instant at) const {
  for (auto hop = 0; hop < hops_max; ++hop) {
    const auto excluded = find_period(at);
    if (!excluded)
      return at + microseconds{1};
    at = excluded->begin - microseconds{1};
  }
  return std::nullopt;
}

} // namespace troupe::scheduler
