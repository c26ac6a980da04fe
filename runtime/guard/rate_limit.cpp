#include "runtime/guard/rate_limit.hpp"

#include <algorithm>

namespace troupe::runtime {

rate_limit::rate_limit(const rate_limit_options& options) noexcept
  : burst_{std::max(options.burst, 1U)} {
  // Rounded up, so that a period never has one call too many.
  const auto count = static_cast<duration::rep>(std::max(options.count, 1U));
  interval_ = duration{(options.period.count() + count - 1) / count};
  tolerance_ = interval_ * static_cast<duration::rep>(burst_);
}

rate_limit::duration rate_limit::debt(time_point now) const noexcept {
  // More than a burst can only be owed when time went back.
  return std::clamp(duration{paid_at_ - now}, duration::zero(), tolerance_);
}

rate_limit::duration rate_limit::wait(time_point now,
                                      std::uint32_t cost) const noexcept {
  if (cost > burst_)
    return duration::max();
  const auto owed = debt(now) + interval_ * static_cast<duration::rep>(cost);
  return std::max(owed - tolerance_, duration::zero());
}

bool rate_limit::try_acquire(time_point now, std::uint32_t cost) noexcept {
  if (wait(now, cost) > duration::zero())
    return false;
  paid_at_ = now + debt(now) + interval_ * static_cast<duration::rep>(cost);
  return true;
}

void rate_limit::restore(duration debt, duration age, time_point now) noexcept {
  const auto owed = std::clamp(debt, duration::zero(), tolerance_);
  paid_at_ = now + owed - std::clamp(age, duration::zero(), owed);
}

} // namespace troupe::runtime
