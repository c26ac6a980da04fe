#include "runtime/guard/outcome_window.hpp"

#include <algorithm>

namespace troupe::runtime {

count_window::count_window(std::uint32_t size)
  : ring_(std::max(size, 1U), counted_outcome::success) {}

void count_window::add(counted_outcome outcome) noexcept {
  if (counts_.calls == ring_.size()) {
    const auto oldest = ring_[next_];
    --counts_.calls;
    counts_.failures -= oldest == counted_outcome::failure ? 1U : 0U;
    counts_.slow -= oldest == counted_outcome::slow ? 1U : 0U;
  }
  ring_[next_] = outcome;
  next_ = (next_ + 1) % ring_.size();
  counts_.add(outcome);
}

void count_window::clear() noexcept {
  counts_ = {};
  next_ = 0;
}

time_window::time_window(std::chrono::nanoseconds length) noexcept
  : step_{std::max(length / static_cast<std::int64_t>(steps),
                   std::chrono::nanoseconds{1})} {}

void time_window::advance(time_point now) noexcept {
  const auto current = now.time_since_epoch() / step_;
  // Beyond one round there is nothing left to clear.
  const auto passed = std::min<std::int64_t>(current - newest_, steps);
  for (auto i = std::int64_t{0}; i < passed; ++i)
    buckets_[static_cast<std::size_t>(current - i) % steps] = {};
  newest_ = std::max(newest_, current);
}

void time_window::add(counted_outcome outcome, time_point now) noexcept {
  advance(now);
  buckets_[static_cast<std::size_t>(newest_) % steps].add(outcome);
}

outcome_counts time_window::counts(time_point now) noexcept {
  advance(now);
  auto sum = outcome_counts{};
  for (const auto& bucket : buckets_) {
    sum.calls += bucket.calls;
    sum.failures += bucket.failures;
    sum.slow += bucket.slow;
  }
  return sum;
}

void time_window::clear() noexcept {
  buckets_ = {};
}

} // namespace troupe::runtime
