#include "runtime/task_board.hpp"

#include <iterator>

namespace troupe::runtime {

void task_board::add(task_id task, std::optional<std::uint32_t> attempts_max) {
  auto fresh = entry{};
  fresh.attempts_max = attempts_max.value_or(attempts_max_);
  queue_.emplace_back(task, fresh);
}

std::optional<task_board::assignment> task_board::take(worker_id worker) {
  if (queue_.empty())
    return std::nullopt;
  auto [task, taken] = queue_.front();
  queue_.pop_front();
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
  return verdict::again;
}

void task_board::put_back(task_id task) {
  const auto found = out_.find(task);
  // In front: others may wait for this one to finish their stage.
  queue_.emplace_front(task, found->second);
  out_.erase(found);
  ++retries_;
}

std::vector<task_board::task_id> task_board::lose(worker_id worker) {
  auto held = std::map<std::uint64_t, assignment>{}; // By order of taking.
  for (const auto& [task, holder] : out_)
    if (holder.worker == worker)
      held[holder.taken] = {task, holder.attempts};
  if (held.empty())
    return {};
  const auto suspect = held.begin()->second;
  for (auto other = held.rbegin(); other != std::prev(held.rend()); ++other)
    put_back(other->second.task);
  if (fail(suspect.task, suspect.attempt) == verdict::exhausted)
    return {suspect.task};
  return {};
}

void task_board::clear() {
  queue_.clear();
  out_.clear();
}

} // namespace troupe::runtime
