#include "actors/engine/run_ledger.hpp"
#include "actors/engine/straggler.hpp"

#include <algorithm>
#include <utility>

// Attempts that take long beside others of their step, and second workers for
// them.

namespace troupe::engine {

namespace {

/// From one look at the elements of a step to the next.
constexpr auto look_min = std::chrono::milliseconds{100};
constexpr auto look_max = std::chrono::seconds{1};

} // namespace

/// Keeps the queue and the looks in step with a task.
void run_ledger::sync_backup(live_run& live, const task_key& task) {
  if (!live.state->definition().steps[task.step].speculate || task.compensation)
    return;
  if (!may_speculate(*live.state, task))
    dequeue(live.queued_backups, task);
  watch(live, task.step, context_.now + look_min);
}

bool run_ledger::has_node_beside(const std::string& node) const {
  return std::ranges::any_of(workers_, [&](const auto& each) {
    return each.second.node != node;
  });
}

/// Whoever is at it says on which node it is slow.
void run_ledger::enqueue_backup(live_run& live, const task_key& task) {
  const auto& work = *live.state->find(task);
  const auto holder = live.holders.find({task, work.claim});
  if (live.queued_backups.contains(task) || holder == live.holders.end())
    return;
  const auto slow = workers_.find(holder->second);
  if (slow == workers_.end() || !has_node_beside(slow->second.node))
    return;
  auto ready = prepare(live, task);
  ready.enqueued = context_.now;
  auto at = queued_place{live.number, task, ready.guard};
  at.is_backup = true;
  const auto& step = live.state->definition().steps[task.step];
  auto wish = step.placement ? wish_of(live, task) : placement_wish{};
  wish.data.clear(); // Where that is, is busy.
  wish.apart_from = slow->second.node;
  enter_place(std::move(wish), ready, at, false);
  live.queued_backups[task] = push(ready, std::move(at));
}

/// Sees to it that somebody looks at the step, as long as anything of it is
/// open, at that time if nobody will.
void run_ledger::watch(live_run& live, step_index step, instant at) {
  const auto is_wanted
    = !live.is_over && !live.state->is_paused() && !live.state->is_failing()
      && !live.state->is_cancelling() && live.state->steps()[step].open != 0
      && straggler_patience(*live.state, step);
  if (is_wanted && live.looks.try_emplace(step, at).second)
    looks_.emplace(at, live.number, step);
}

bool run_ledger::has_due_looks() const {
  return !looks_.empty() && std::get<instant>(*looks_.begin()) <= context_.now;
}

void run_ledger::look_for_stragglers(std::size_t& most) {
  for (; most != 0 && has_due_looks(); --most) {
    const auto [at, number, step] = *looks_.begin();
    looks_.erase(looks_.begin());
    auto& live = *find_live(number);
    live.looks.erase(step);
    const auto found = find_stragglers(*live.state, step, context_.now);
    for (const auto& task : found.slow)
      enqueue_backup(live, task);
    watch(live, step,
          std::clamp(found.next.value_or(context_.now + look_max),
                     context_.now + look_min, context_.now + look_max));
  }
}

void run_ledger::drop_looks(live_run& live) {
  for (const auto& [step, at] : std::exchange(live.looks, {}))
    looks_.erase({at, live.number, step});
}

} // namespace troupe::engine
