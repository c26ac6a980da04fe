#include "runtime/guard/retry_budget.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

// A retry divides by 100 percent and, per minute, by 60,000 milliseconds.
constexpr auto retry = std::int64_t{6'000'000};
constexpr auto milliseconds_per_minute = std::int64_t{60'000};
using std::chrono::milliseconds;

} // namespace

retry_budget::retry_budget(const retry_budget_options& options,
                           time_point now) noexcept
  : options_{options}, balance_{retry * std::int64_t{options.saved_max}},
    balance_max_{balance_}, refilled_at_{now} {}

void retry_budget::deposit() noexcept {
  balance_ = std::min(balance_ + retry / 100 * std::int64_t{options_.percent},
                      balance_max_);
}

void retry_budget::refill(time_point now) noexcept {
  if (now <= refilled_at_)
    return;
  // Whole milliseconds only; the rest counts the next time.
  const auto elapsed = std::chrono::floor<milliseconds>(now - refilled_at_);
  refilled_at_ += elapsed;
  const auto per_millisecond
    = retry / milliseconds_per_minute * std::int64_t{options_.per_minute};
  if (per_millisecond == 0)
    return;
  const auto needed = (balance_max_ - balance_) / per_millisecond + 1;
  balance_
    = elapsed.count() >= needed
        ? balance_max_
        : std::min(balance_ + elapsed.count() * per_millisecond, balance_max_);
}

bool retry_budget::try_withdraw(time_point now) noexcept {
  refill(now);
  if (balance_ < retry)
    return false;
  balance_ -= retry;
  return true;
}

std::uint32_t retry_budget::available(time_point now) noexcept {
  refill(now);
  return static_cast<std::uint32_t>(balance_ / retry);
}

std::int64_t retry_budget::balance(time_point now) noexcept {
  refill(now);
  return balance_;
}

void retry_budget::restore(std::int64_t balance, std::chrono::nanoseconds age,
                           time_point now) noexcept {
  balance_ = std::clamp(balance, std::int64_t{0}, balance_max_);
  refilled_at_ = now - std::max(age, std::chrono::nanoseconds{0});
  refill(now);
}

} // namespace troupe::runtime
