#include "actors/scoring/task_board.hpp"

namespace troupe::scoring {

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
  const auto failed = found->second;
  out_.erase(found);
  if (failed.attempts >= failed.attempts_max)
    return verdict::exhausted;
  // In front: others may wait for this one to finish their stage.
  queue_.emplace_front(task, failed);
  ++retries_;
  return verdict::again;
}

std::vector<task_board::task_id> task_board::lose(worker_id worker) {
  auto held = std::vector<assignment>{};
  for (const auto& [task, holder] : out_)
    if (holder.worker == worker)
      held.push_back({task, holder.attempts});
  auto exhausted = std::vector<task_id>{};
  for (const auto& [task, attempt] : held)
    if (fail(task, attempt) == verdict::exhausted)
      exhausted.push_back(task);
  return exhausted;
}

void task_board::clear() {
  queue_.clear();
  out_.clear();
}

} // namespace troupe::scoring
