#include "runtime/task_board.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::runtime {

void task_board::add(task_id task, std::optional<std::uint32_t> attempts_max) {
  auto fresh = entry{};
  fresh.attempts_max = attempts_max.value_or(attempts_max_);
  queue_.emplace_back(task, fresh);
}

void task_board::add_in_front(task_id task) {
  auto fresh = entry{};
  fresh.attempts_max = attempts_max_;
  queue_.emplace_front(task, fresh);
}

std::optional<task_board::assignment> task_board::take(worker_id worker) {
  if (queue_.empty())
    return std::nullopt;
  return take(worker, queue_.begin());
}

std::optional<task_board::assignment>
task_board::take(worker_id worker,
                 const std::function<bool(task_id)>& may_have) {
  // Whoever finds nothing there does not look for ever.
  constexpr auto looks_max = std::size_t{1'000};
  const auto end
    = queue_.begin()
      + static_cast<std::ptrdiff_t>(std::min(queue_.size(), looks_max));
  const auto found
    = std::find_if(queue_.begin(), end, [&](const auto& waiting) {
        return may_have(waiting.first);
      });
  if (found == end)
    return std::nullopt;
  return take(worker, found);
}

task_board::assignment task_board::take(worker_id worker, queue::iterator at) {
  auto [task, taken] = *at;
  queue_.erase(at);
  ++taken.attempts;
  taken.taken = ++takes_;
  taken.worker = worker;
  out_[task] = taken;
  return assignment{task, taken.attempts};
}

bool task_board::complete(task_id task, std::uint32_t attempt) {
  const auto found = out_.find(task);
  if (found == out_.end() || found->second.attempts != attempt)
    return false;
  out_.erase(found);
  return true;
}

task_board::verdict task_board::fail(task_id task, std::uint32_t attempt) {
  const auto found = out_.find(task);
  if (found == out_.end() || found->second.attempts != attempt)
    return verdict::late;
  if (++found->second.failures >= found->second.attempts_max) {
    out_.erase(found);
    return verdict::exhausted;
  }
  put_back(task);
  ++retries_;
  return verdict::again;
}

std::optional<task_board::worker_id>
task_board::holder(task_id task, std::uint32_t attempt) const {
  const auto found = out_.find(task);
  if (found == out_.end() || found->second.attempts != attempt)
    return std::nullopt;
  return found->second.worker;
}

std::optional<task_board::worker_id>
task_board::give_back(task_id task, std::uint32_t attempt) {
  const auto held_by = holder(task, attempt);
  if (held_by)
    put_back(task);
  return held_by;
}

void task_board::put_back(task_id task) {
  const auto found = out_.find(task);
  // In front: others may wait for this one to finish their stage.
  queue_.emplace_front(task, found->second);
  out_.erase(found);
}

std::vector<task_board::task_id> task_board::lose(worker_id worker) {
  auto held = std::map<std::uint64_t, assignment>{}; // By order of taking.
  for (const auto& [task, holder] : out_)
    if (holder.worker == worker)
      held[holder.taken] = {task, holder.attempts};
  if (held.empty())
    return {};
  const auto suspect = held.begin()->second;
  for (auto other = held.rbegin(); other != std::prev(held.rend()); ++other) {
    put_back(other->second.task);
    ++retries_;
  }
  if (fail(suspect.task, suspect.attempt) == verdict::exhausted)
    return {suspect.task};
  return {};
}

bool task_board::take_back(worker_id worker) {
  auto held = std::map<std::uint64_t, task_id>{}; // By order of taking.
  for (const auto& [task, holder] : out_)
    if (holder.worker == worker)
      held[holder.taken] = task;
  for (auto each = held.rbegin(); each != held.rend(); ++each)
    put_back(each->second);
  retries_ += held.size();
  return !held.empty();
}

void task_board::clear() {
  queue_.clear();
  out_.clear();
}

} // namespace troupe::runtime
