#include "cluster/failure_detection/phi_accrual.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace troupe::cluster {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

double silence_of(const phi_accrual_options& options, double mean,
                  double deviation, double deviations) noexcept {
  const auto tolerated = mean
                         + static_cast<double>(options.pause_acceptable.count())
                         + deviations * deviation;
  return std::min(tolerated, static_cast<double>(options.silence_max.count()));
}

} // namespace

double phi_of(double deviations) noexcept {
  return -std::log10(0.5 * std::erfc(deviations / std::numbers::sqrt2));
}

double deviations_of(double phi) noexcept {
  auto low = 0.0;
  auto high = 37.0; // Beyond, the probability is no number of this type.
  while (high - low > 1e-9) {
    const auto middle = (low + high) / 2;
    (phi_of(middle) < phi ? low : high) = middle;
  }
  return high;
}

microseconds
silence_until_dead_min(const phi_accrual_options& options) noexcept {
  return microseconds{static_cast<std::int64_t>(
    silence_of(options, static_cast<double>(options.beat_interval.count()),
               static_cast<double>(options.deviation_min.count()),
               deviations_of(options.dead_phi)))};
}

phi_accrual::phi_accrual(const phi_accrual_options& options,
                         time_point heard_at)
  : options_{options}, suspect_deviations_{deviations_of(options.suspect_phi)},
    dead_deviations_{deviations_of(options.dead_phi)}, heard_at_{heard_at} {
  options_.window_intervals
    = std::max<std::size_t>(options.window_intervals, 1);
}

void phi_accrual::heard(time_point at) {
  if (at <= heard_at_)
    return;
  // An outage is no rhythm: it must not make the next one harder to notice.
  const auto interval = std::min(duration_cast<microseconds>(at - heard_at_),
                                 options_.silence_max)
                          .count();
  heard_at_ = at;
  if (intervals_.size() < options_.window_intervals) {
    intervals_.push_back(interval);
  } else {
    const auto oldest = intervals_[next_];
    sum_ -= oldest;
    sum_of_squares_ -= oldest * oldest;
    intervals_[next_] = interval;
  }
  next_ = (next_ + 1) % options_.window_intervals;
  sum_ += interval;
  sum_of_squares_ += interval * interval;
}

void phi_accrual::forgive(duration absence, time_point now) {
  if (absence > duration::zero())
    heard_at_ = std::max(heard_at_, std::min(heard_at_ + absence, now));
}

liveness phi_accrual::judge(time_point now) const noexcept {
  const auto silence = now - heard_at_;
  if (silence >= silence_until_dead())
    return liveness::dead;
  return silence >= silence_until_suspect() ? liveness::suspect
                                            : liveness::alive;
}

double phi_accrual::phi(time_point now) const noexcept {
  const auto silence
    = static_cast<double>(duration_cast<microseconds>(now - heard_at_).count());
  const auto beyond
    = silence - mean() - static_cast<double>(options_.pause_acceptable.count());
  return phi_of(std::clamp(beyond / deviation(), -37.0, 37.0));
}

phi_accrual::duration phi_accrual::silence_until_suspect() const noexcept {
  return silence_until(suspect_deviations_);
}

phi_accrual::duration phi_accrual::silence_until_dead() const noexcept {
  return silence_until(dead_deviations_);
}

double phi_accrual::mean() const noexcept {
  const auto least = static_cast<double>(options_.beat_interval.count());
  if (intervals_.empty())
    return least;
  return std::max(least, static_cast<double>(sum_)
                           / static_cast<double>(intervals_.size()));
}

double phi_accrual::deviation() const noexcept {
  const auto least = static_cast<double>(options_.deviation_min.count());
  if (intervals_.empty())
    return least;
  const auto number = static_cast<double>(intervals_.size());
  const auto average = static_cast<double>(sum_) / number;
  const auto variance
    = static_cast<double>(sum_of_squares_) / number - average * average;
  return std::max(least, std::sqrt(std::max(variance, 0.0)));
}

phi_accrual::duration
phi_accrual::silence_until(double deviations) const noexcept {
  return duration{static_cast<std::int64_t>(
    silence_of(options_, mean(), deviation(), deviations))};
}

} // namespace troupe::cluster
