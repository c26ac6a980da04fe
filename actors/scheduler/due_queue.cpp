#include "actors/scheduler/due_queue.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::scheduler {

runtime::outcome<void> due_queue::set(std::string_view id, instant due) {
  const auto found = due_of_.find(id);
  if (found != due_of_.end()) {
    auto moved = by_due_.extract({found->second, found->first});
    moved.value().due = due;
    by_due_.insert(std::move(moved));
    found->second = due;
    return {};
  }
  if (size() >= size_max_)
    return runtime::fail(runtime::problem_kind::unavailable,
                         "there are " + std::to_string(size())
                           + " schedules already",
                         "remove some, or raise the limit");
  due_of_.emplace(id, due);
  by_due_.insert({due, std::string{id}});
  return {};
}

bool due_queue::remove(std::string_view id) {
  const auto found = due_of_.find(id);
  if (found == due_of_.end())
    return false;
  by_due_.erase({found->second, found->first});
  due_of_.erase(found);
  return true;
}

std::optional<instant> due_queue::due_of(std::string_view id) const {
  const auto found = due_of_.find(id);
  return found == due_of_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<instant> due_queue::next() const {
  return by_due_.empty() ? std::nullopt : std::optional{by_due_.begin()->due};
}

std::vector<due_queue::entry> due_queue::take_due(instant now,
                                                  std::size_t count_max) {
  auto result = std::vector<entry>{};
  while (!by_due_.empty() && by_due_.begin()->due <= now
         && result.size() < count_max) {
    result.push_back(std::move(by_due_.extract(by_due_.begin()).value()));
    due_of_.erase(result.back().id);
  }
  return result;
}

std::vector<due_queue::entry> due_queue::first(std::size_t count_max) const {
  const auto count = std::min(count_max, by_due_.size());
  return {by_due_.begin(),
          std::next(by_due_.begin(), static_cast<std::ptrdiff_t>(count))};
}

} // namespace troupe::scheduler
