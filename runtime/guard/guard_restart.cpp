#include "runtime/guard/guard.hpp"

#include <algorithm>
#include <limits>

namespace troupe::runtime {

guard_record guard::save(guard_time at) {
  const auto now = not_back(at);
  auto record = guard_record{};
  record.saved_at = now.wall;
  if (rate_)
    record.rate_debt = rate_->debt(now.steady);
  if (quota_)
    record.window = quota_->save();
  if (breaker_)
    record.breaker = breaker_->save(now.steady);
  record.retry_balance = budget_.balance(now.steady);
  return record;
}

bool guard::restore(const guard_record& saved, guard_time at) {
  const auto now = not_back(at);
  if (quota_ && saved.window)
    quota_->restore(*saved.window, now.wall);
  // A clock that was set back since says nothing about the age.
  const auto age = std::max(now.wall - saved.saved_at, {});
  if (age > options_.state_age_max)
    return false;
  if (rate_ && saved.rate_debt)
    rate_->restore(*saved.rate_debt, age, now.steady);
  if (breaker_ && saved.breaker)
    note(breaker_->restore(*saved.breaker, age, now.steady), now);
  if (saved.retry_balance)
    budget_.restore(*saved.retry_balance, age, now.steady);
  return true;
}

bool guard::adopt(const guard_call& call, std::uint32_t attempt,
                  guard_time at) {
  const auto now = not_back(at);
  if (attempt == 0 || calls_.contains(call.id))
    return false;
  if (bulkhead_ && !bulkhead_->adopt(call.id, now.steady))
    return false;
  auto fresh = entry{};
  fresh.call = call;
  fresh.until = deadline::after(now.steady, options_.deadline)
                  .earlier(deadline::after(now.steady, call.deadline));
  fresh.sequence = next_sequence_++;
  fresh.failures = attempt - 1;
  fresh.timeline.attempts = attempt - 1;
  auto& of = calls_.emplace(call.id, std::move(fresh)).first->second;
  // Of no period of this breaker: what it finds does not count.
  static_cast<void>(
    start(of, {std::numeric_limits<std::uint64_t>::max(), 0}, now));
  return true;
}

} // namespace troupe::runtime
