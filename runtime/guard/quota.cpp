#include "runtime/guard/quota.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace troupe::runtime {

namespace chrono = std::chrono;

namespace {

constexpr auto shares = std::array<std::uint32_t, 3>{80, 90, 100};

/// Windows shorter than a day follow the hands of the clock, between two
/// changes of it.
window_bounds short_window(chrono::microseconds length, const time_zone& zone,
                           clock::wall_time now) {
  const auto period = zone.period_at(now);
  const auto local = (now + period.offset).time_since_epoch();
  const auto floored = local - ((local % length) + length) % length;
  const auto begin = clock::wall_time{floored - period.offset};
  return {std::max<clock::wall_time>(begin, period.begin),
          std::min<clock::wall_time>(begin + length, period.end)};
}

clock::wall_time start_of(chrono::local_days day, const time_zone& zone) {
  return zone.to_instants(local_time{day}).first;
}

/// Whether a share is reached, without overflow: used / limit >= percent / 100.
bool reaches(std::uint64_t used, std::uint64_t limit,
             std::uint32_t percent) noexcept {
  const auto threshold
    = limit / 100 * percent + (limit % 100 * percent + 99) / 100;
  return used >= threshold;
}

std::uint64_t add(std::uint64_t left, std::uint64_t right) noexcept {
  return right > std::numeric_limits<std::uint64_t>::max() - left
           ? std::numeric_limits<std::uint64_t>::max()
           : left + right;
}

} // namespace

window_bounds window_at(quota_window window, const time_zone& zone,
                        clock::wall_time now) {
  if (window == quota_window::minute)
    return short_window(chrono::minutes{1}, zone, now);
  if (window == quota_window::hour)
    return short_window(chrono::hours{1}, zone, now);
  const auto today = chrono::floor<chrono::days>(zone.to_local(now));
  auto first = today;
  auto next = today + chrono::days{1};
  if (window == quota_window::week) {
    first = today - (chrono::weekday{today} - chrono::Monday);
    next = first + chrono::weeks{1};
  } else if (window == quota_window::month) {
    const auto date = chrono::year_month_day{today};
    const auto month = date.year() / date.month();
    first = chrono::local_days{month / 1};
    next = chrono::local_days{(month + chrono::months{1}) / 1};
  }
  return {start_of(first, zone), start_of(next, zone)};
}

void quota::roll(clock::wall_time now) {
  if (now >= bounds_.begin && now < bounds_.end)
    return;
  const auto length = bounds_.end - bounds_.begin;
  if (now < bounds_.begin && bounds_.begin - now <= length)
    return;
  if (now >= bounds_.end) {
    used_ = 0;
    warned_percent_ = 0;
  }
  bounds_ = window_at(options_.window, options_.zone, now);
}

std::optional<quota_refusal>
quota::check(clock::wall_time now, quota_caller caller, std::uint64_t cost) {
  using kind = quota_refusal::reason_kind;
  roll(now);
  const auto reserve = caller == quota_caller::priority
                         ? std::uint64_t{0}
                         : std::min(options_.reserve, options_.limit);
  if (cost > options_.limit - reserve)
    return quota_refusal{kind::never, bounds_.end};
  const auto after = add(used_, cost);
  if (after <= options_.limit - reserve)
    return std::nullopt;
  return quota_refusal{
    after <= options_.limit ? kind::reserved : kind::exhausted, bounds_.end};
}

std::vector<quota_warning> quota::take(clock::wall_time now,
                                       std::uint64_t cost) {
  roll(now);
  used_ = add(used_, cost);
  auto warnings = std::vector<quota_warning>{};
  for (const auto percent : shares) {
    if (percent > warned_percent_ && reaches(used_, options_.limit, percent)) {
      warned_percent_ = percent;
      warnings.push_back({percent, used_, options_.limit, bounds_.end});
    }
  }
  return warnings;
}

std::uint64_t quota::used(clock::wall_time now) {
  roll(now);
  return used_;
}

window_bounds quota::window(clock::wall_time now) {
  roll(now);
  return bounds_;
}

void quota::restore(const record& saved, clock::wall_time now) {
  bounds_ = window_at(options_.window, options_.zone, saved.window_begin);
  used_ = saved.used;
  warned_percent_ = saved.warned_percent;
  roll(now);
}

} // namespace troupe::runtime
