#include "runtime/guard/bulkhead.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

constexpr auto no_expiry = clock::steady_time::max();

} // namespace

bulkhead::bulkhead(const bulkhead_options& options) noexcept
  : options_{options} {
  options_.concurrent_max = std::max(options_.concurrent_max, std::size_t{1});
}

bulkhead::duration bulkhead::expected_wait() const noexcept {
  const auto turns
    = (waiting_.size() + options_.concurrent_max) / options_.concurrent_max;
  const auto turns_max = duration::max() / std::max(mean_hold_, duration{1});
  return mean_hold_ * std::min(static_cast<duration::rep>(turns), turns_max);
}

bulkhead::decision bulkhead::admit(const request& call, time_point now) {
  if (leases_.contains(call.id) || waiting_.contains(call.id))
    return refused{refusal_reason::known_id, {}};
  if (call.until.is_passed(now))
    return refused{refusal_reason::deadline_passed, {}};
  // Nobody overtakes the queue, not even into a slot that is free already.
  if (has_room()) {
    leases_.emplace(call.id, now);
    return admitted{};
  }
  auto displaced = std::optional<call_id>{};
  if (waiting_.size() >= options_.queue_max) {
    displaced = make_room(call);
    if (!displaced)
      return refused{refusal_reason::queue_full, expected_wait()};
  }
  enqueue(call, now);
  return queued{displaced};
}

bool bulkhead::adopt(call_id id, time_point now) {
  return !waiting_.contains(id) && leases_.emplace(id, now).second;
}

std::optional<bulkhead::call_id> bulkhead::make_room(const request& call) {
  if (queue_.empty() || std::prev(queue_.end())->rank <= call.rank)
    return std::nullopt;
  const auto last = std::prev(queue_.end())->id;
  remove(last);
  return last;
}

void bulkhead::enqueue(const request& call, time_point now) {
  auto entry
    = waiter{{call.rank, call.until, call.sequence, call.id}, now, no_expiry};
  if (options_.queue_timeout > duration::zero())
    entry.expires = deadline::after(now, options_.queue_timeout).at();
  if (!call.until.is_never())
    entry.expires = std::min(entry.expires, call.until.at());
  queue_.insert(entry.at);
  expiries_.emplace(entry.expires, call.id);
  waiting_.emplace(call.id, entry);
}

void bulkhead::remove(call_id id) {
  const auto found = waiting_.find(id);
  queue_.erase(found->second.at);
  expiries_.erase({found->second.expires, id});
  waiting_.erase(found);
}

bool bulkhead::release(call_id id, time_point now) {
  const auto found = leases_.find(id);
  if (found == leases_.end())
    return false;
  const auto hold = std::max(duration{now - found->second}, duration::zero());
  mean_hold_ = mean_hold_ == duration::zero()
                 ? hold
                 : mean_hold_ + (hold - mean_hold_) / 8;
  leases_.erase(found);
  return true;
}

bool bulkhead::withdraw(call_id id) {
  if (!waiting_.contains(id))
    return false;
  remove(id);
  return true;
}

std::vector<bulkhead::wait_result> bulkhead::advance(time_point now) {
  auto results = std::vector<wait_result>{};
  const auto finish = [&](call_id id, waiting_end end) {
    const auto waited = now - waiting_.at(id).since;
    results.push_back({id, end, std::max(duration{waited}, duration::zero())});
    remove(id);
  };
  while (!expiries_.empty() && expiries_.begin()->first <= now
         && expiries_.begin()->first != no_expiry) {
    const auto id = expiries_.begin()->second;
    finish(id, waiting_.at(id).at.until.is_passed(now)
                 ? waiting_end::deadline_passed
                 : waiting_end::queue_timeout);
  }
  while (!queue_.empty() && leases_.size() < options_.concurrent_max) {
    const auto id = queue_.begin()->id;
    leases_.emplace(id, now);
    finish(id, waiting_end::granted);
  }
  return results;
}

std::optional<bulkhead::time_point> bulkhead::next_check() const noexcept {
  if (expiries_.empty() || expiries_.begin()->first == no_expiry)
    return std::nullopt;
  return expiries_.begin()->first;
}

std::vector<bulkhead::call_id> bulkhead::queue() const {
  auto ids = std::vector<call_id>{};
  ids.reserve(queue_.size());
  for (const auto& entry : queue_)
    ids.push_back(entry.id);
  return ids;
}

} // namespace troupe::runtime
