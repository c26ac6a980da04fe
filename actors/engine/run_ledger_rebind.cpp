#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/task_times.hpp"

#include <algorithm>

// Work that goes on although the engine that gave it out does not.

namespace troupe::engine {

std::vector<task_claim_key> claims_of(const run_state& run) {
  auto claims = std::vector<task_claim_key>{};
  for_each_work(
    run, [](work_status status) { return is_held(status); },
    [&](const task_key& task) {
      claims.emplace_back(task, run.find(task)->claim);
      if (const auto* backup = run.backup_of(task);
          backup != nullptr && !has_bug(planted_bug::forget_second))
        claims.emplace_back(task, backup->claim);
    });
  return claims;
}

/// Lets work that is under way in the store wait for its worker; false: it is
/// lost.
bool run_ledger::adopt(live_run& live, const task_claim_key& what) {
  const auto& task = what.first;
  if (options_.rebind_window <= std::chrono::milliseconds::zero()
      || live.state->find(task)->status != work_status::running)
    return false;
  orphans_.emplace(live.number, what);
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
  if (work == nullptr)
    return false;
  const auto what = task_claim_key{
    task, has_bug(planted_bug::rebind_any_claim) ? work->claim : claim.number};
  // Asked again: it may not have heard the answer.
  if (const auto holder = live->holders.find(what);
      holder != live->holders.end() && !has_bug(planted_bug::rebind_twice))
    return holder->second == worker && claim.epoch <= from_.epoch;
  if (claim.epoch >= from_.epoch
      || (orphans_.erase({live->number, what}) == 0
          && !has_bug(planted_bug::rebind_twice)))
    return false;
  live->holders[what] = worker;
  const auto& step = live->state->definition().steps[task.step];
  hold(worker, {live->number, task},
       {amounts_of(step.resources),
        step.placement ? wish_of(*live, task).spread : std::string{},
        {},
        what.second});
  // Nobody could be told before.
  if (live->state->is_cancelling())
    call_off(*live, what);
  return true;
}

void run_ledger::lose_others(std::uint64_t worker,
                             const std::set<held_work>& named,
                             const std::string& reason) {
  const auto found = held_.find(worker);
  if (found == held_.end())
    return;
  auto lost = std::vector<std::pair<held_work, std::uint64_t>>{};
  for (const auto& [what, share] : found->second)
    if (!named.contains(what))
      lost.emplace_back(what, share.claim);
  for (const auto& [what, claim] : lost)
    let_go(worker, what);
  for (const auto& [what, claim] : lost)
    lose_held(what, claim, reason);
  do_deferred();
}

void run_ledger::end_rebinding() {
  orphans_until_ = std::min(orphans_until_, context_.now);
}

void run_ledger::drop_orphans(const live_run& live) {
  auto at = orphans_.lower_bound({live.number, {}});
  while (at != orphans_.end() && at->first == live.number)
    at = orphans_.erase(at);
}

bool run_ledger::has_due_orphans() const {
  return !orphans_.empty() && orphans_until_ <= context_.now
         && !has_bug(planted_bug::keep_orphans);
}

void run_ledger::lose_due_orphans(std::size_t& most) {
  for (; most != 0 && has_due_orphans(); --most) {
    const auto [number, what] = *orphans_.begin();
    orphans_.erase(orphans_.begin());
    auto& live = *find_live(number);
    decide_on(live, [&, what = what](run_decision& it) {
      return it.lose(what.first, what.second, lost_with_engine,
                     run_decision::loss::restart);
    });
  }
}

/// Whatever is under way has a worker for each claim to it, or waits for it.
void run_ledger::check_holders(const live_run& live,
                               std::vector<std::string>& found) const {
  const auto name = "run " + live.state->submission().run_id();
  for (const auto& [what, worker] : live.holders) {
    if (!live.state->is_held_under(what.first, what.second))
      found.push_back(name + ": somebody holds work that is not under way");
    const auto held = held_.find(worker);
    const auto work = held_work{live.number, what.first};
    if (held == held_.end() || !held->second.contains(work)
        || held->second.at(work).claim != what.second)
      found.push_back(name + ": who holds work is not counted for it");
    if (orphans_.contains({live.number, what}))
      found.push_back(name + ": work waits for a worker that it has");
  }
  check_orphans(live, found);
}

void run_ledger::check_orphans(const live_run& live,
                               std::vector<std::string>& found) const {
  const auto name = "run " + live.state->submission().run_id();
  for (auto at = orphans_.lower_bound({live.number, {}});
       at != orphans_.end() && at->first == live.number; ++at)
    if (!live.state->is_held_under(at->second.first, at->second.second))
      found.push_back(name
                      + ": work waits for its worker and is not under way");
  if (live.is_over)
    return;
  for (const auto& what : claims_of(*live.state))
    if (!live.holders.contains(what) && !orphans_.contains({live.number, what}))
      found.push_back(name + ": work is under way that nobody holds");
}

} // namespace troupe::engine
