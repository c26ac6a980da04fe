#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// Who has what, until it is over, called off or lost.

namespace troupe::engine {

void run_ledger::hold(std::uint64_t worker, const held_work& what,
                      held_share share) {
  const auto known = workers_.find(worker);
  if (known != workers_.end())
    share.node = known->second.node;
  const auto [at, is_new] = held_[worker].emplace(what, std::move(share));
  if (is_new)
    count_group(at->second, true);
}

/// The worker is not counted for it any more.
void run_ledger::let_go(std::uint64_t worker, const held_work& what) {
  const auto held = held_.find(worker);
  if (held == held_.end())
    return;
  const auto found = held->second.find(what);
  if (found == held->second.end())
    return;
  count_group(found->second, false);
  held->second.erase(found);
  if (held->second.empty())
    held_.erase(held);
}

void run_ledger::release(live_run& live, const task_claim_key& what) {
  const auto holder = live.holders.find(what);
  if (holder == live.holders.end() || has_bug(planted_bug::leak_holder))
    return;
  let_go(holder->second, {live.number, what.first});
  live.holders.erase(holder);
}

void run_ledger::call_off(const live_run& live, const task_claim_key& what) {
  const auto& [task, claim] = what;
  called_off_.push_back({live.holders.at(what),
                         live.state->submission().run_id(), task,
                         live.state->definition().steps[task.step].id,
                         live.state->find(task)->attempts, claim});
}

/// Whoever has the task under a claim that is over need not go on.
void run_ledger::release_losers(live_run& live, const task_key& task) {
  const auto is_over = [&](const task_claim_key& what) {
    return what.first == task && !live.state->is_held_under(task, what.second);
  };
  auto losers = std::vector<task_claim_key>{};
  for (auto at = live.holders.lower_bound({task, 0});
       at != live.holders.end() && at->first.first == task; ++at)
    if (is_over(at->first) && !has_bug(planted_bug::keep_loser))
      losers.push_back(at->first);
  for (const auto& what : losers) {
    call_off(live, what);
    release(live, what);
    // What that follows from is stored before he hears of it.
    live.must_store = true;
  }
  for (auto at = orphans_.lower_bound({live.number, {task, 0}});
       at != orphans_.end() && at->first == live.number
       && at->second.first == task;)
    at = is_over(at->second) ? orphans_.erase(at) : std::next(at);
}

/// Work that its worker is not counted for any more.
void run_ledger::lose_held(const held_work& what, std::uint64_t claim,
                           const std::string& reason) {
  const auto& [number, task] = what;
  auto* live = find_live(number);
  if (live == nullptr)
    return;
  live->holders.erase({task, claim});
  decide_on(*live, [&, task = task](run_decision& it) {
    return it.lose(task, claim, reason);
  });
}

void run_ledger::lose_worker(std::uint64_t worker, const std::string& reason) {
  queue_.forget_worker(worker);
  workers_.erase(worker);
  placement_.forget(worker);
  lose_others(worker, {}, reason);
  // Its data are another node's.
  move_data();
  do_deferred();
}

} // namespace troupe::engine
