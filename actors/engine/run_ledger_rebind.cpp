#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/task_times.hpp"

#include <algorithm>

// Work that goes on although the engine that gave it out does not.

namespace troupe::engine {

/// Lets work that is under way in the store wait for its worker; false: it is
/// lost.
bool run_ledger::adopt(live_run& live, const task_key& task) {
  if (options_.rebind_window <= std::chrono::milliseconds::zero()
      || live.state->find(task)->status != work_status::running)
    return false;
  orphans_.emplace(live.number, task);
  orphans_until_ = context_.now + options_.rebind_window;
  const auto guard = desk_.id_of(call_of(live.state->definition(), task).guard);
  if (guard != 0)
    live.permits[task] = desk_.adopt(guard, priority_of(live), context_.now);
  return true;
}

bool run_ledger::rebind(std::uint64_t worker, std::string_view run_id,
                        const task_key& task, const claim_id& claim) {
  auto* live = find_live(run_id);
  const auto* work = live == nullptr ? nullptr : live->state->find(task);
  if (work == nullptr
      || (work->claim != claim.number
          && !has_bug(planted_bug::rebind_any_claim)))
    return false;
  // Asked again: it may not have heard the answer.
  if (const auto holder = live->holders.find(task);
      holder != live->holders.end() && !has_bug(planted_bug::rebind_twice))
    return holder->second == worker && claim.epoch <= from_.epoch;
  if (claim.epoch >= from_.epoch
      || (orphans_.erase({live->number, task}) == 0
          && !has_bug(planted_bug::rebind_twice)))
    return false;
  live->holders[task] = worker;
  const auto& step = live->state->definition().steps[task.step];
  hold(worker, {live->number, task},
       {amounts_of(step.resources),
        step.placement ? wish_of(*live, task).spread : std::string{},
        {}});
  // Nobody could be told before.
  if (live->state->is_cancelling())
    call_off(*live, task);
  return true;
}

void run_ledger::lose_others(std::uint64_t worker,
                             const std::set<held_work>& named,
                             const std::string& reason) {
  const auto found = held_.find(worker);
  if (found == held_.end())
    return;
  auto lost = std::vector<held_work>{};
  for (const auto& [what, share] : found->second)
    if (!named.contains(what))
      lost.push_back(what);
  for (const auto& what : lost)
    let_go(worker, what);
  for (const auto& what : lost)
    lose_held(what, reason);
  do_deferred();
}

void run_ledger::end_rebinding() {
  orphans_until_ = std::min(orphans_until_, context_.now);
}

void run_ledger::drop_orphans(const live_run& live) {
  auto at = orphans_.lower_bound({live.number, task_key{}});
  while (at != orphans_.end() && at->first == live.number)
    at = orphans_.erase(at);
}

bool run_ledger::has_due_orphans() const {
  return !orphans_.empty() && orphans_until_ <= context_.now
         && !has_bug(planted_bug::keep_orphans);
}

void run_ledger::lose_due_orphans(std::size_t& most) {
  for (; most != 0 && has_due_orphans(); --most) {
    const auto [number, task] = *orphans_.begin();
    orphans_.erase(orphans_.begin());
    auto& live = *find_live(number);
    const auto claim = live.state->find(task)->claim;
    decide_on(live, [&, task = task](run_decision& it) {
      return it.lose(task, claim, lost_with_engine,
                     run_decision::loss::restart);
    });
  }
}

/// Whatever is under way has one worker, or waits for it.
void run_ledger::check_holders(const live_run& live,
                               std::vector<std::string>& found) const {
  const auto name = "run " + live.state->submission().run_id();
  for (const auto& [task, worker] : live.holders) {
    if (!is_held(live.state->find(task)->status))
      found.push_back(name + ": somebody holds work that is not under way");
    const auto held = held_.find(worker);
    if (held == held_.end() || !held->second.contains({live.number, task}))
      found.push_back(name + ": who holds work is not counted for it");
    if (orphans_.contains({live.number, task}))
      found.push_back(name + ": work waits for a worker that it has");
  }
  check_orphans(live, found);
}

void run_ledger::check_orphans(const live_run& live,
                               std::vector<std::string>& found) const {
  const auto name = "run " + live.state->submission().run_id();
  for (auto at = orphans_.lower_bound({live.number, task_key{}});
       at != orphans_.end() && at->first == live.number; ++at)
    if (!is_held(live.state->find(at->second)->status))
      found.push_back(name
                      + ": work waits for its worker and is not under way");
  if (live.is_over)
    return;
  for_each_work(
    *live.state, [](work_status status) { return is_held(status); },
    [&](const task_key& task) {
      if (!live.holders.contains(task)
          && !orphans_.contains({live.number, task}))
        found.push_back(name + ": work is under way that nobody holds");
    });
}

} // namespace troupe::engine
