#include "cluster/transport/redial_plan.hpp"

#include "runtime/guard/retry_policy.hpp"

#include <algorithm>

namespace troupe::cluster {

void redial_plan::add(const std::string& node, time_point now) {
  links_.try_emplace(node, wanted_link{0, now, true});
}

void redial_plan::remove(const std::string& node) {
  links_.erase(node);
}

std::vector<std::string> redial_plan::take_due(time_point now) {
  auto due = std::vector<std::string>{};
  for (auto& [node, link] : links_)
    if (link.is_waiting && link.due_at <= now) {
      link.is_waiting = false;
      due.push_back(node);
    }
  return due;
}

void redial_plan::record_up(const std::string& node) {
  const auto found = links_.find(node);
  if (found == links_.end())
    return;
  found->second.failures = 0;
  found->second.is_waiting = false;
}

void redial_plan::record_failure(const std::string& node, time_point now,
                                 std::uint64_t draw) {
  const auto found = links_.find(node);
  if (found == links_.end())
    return;
  auto& link = found->second;
  ++link.failures;
  auto schedule = runtime::retry_schedule{};
  schedule.initial = options_.first;
  schedule.cap = options_.longest;
  const auto bound = runtime::backoff_bound(schedule, link.failures);
  const auto delay = bound / 2 + runtime::scale_draw(draw, bound / 2);
  link.due_at = now + delay;
  link.is_waiting = true;
}

redial_plan::time_point redial_plan::next_due() const noexcept {
  auto next = time_point::max();
  for (const auto& [node, link] : links_)
    if (link.is_waiting)
      next = std::min(next, link.due_at);
  return next;
}

} // namespace troupe::cluster
