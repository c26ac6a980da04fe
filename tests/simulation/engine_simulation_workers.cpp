#include "tests/simulation/engine_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

// Those who do the simulated work. Some outlive the engine that gave it out.

namespace troupe::tests {

using namespace engine;

namespace {

constexpr auto worker_count = std::uint64_t{3};

std::string effect_of(const assignment& work) {
  return work.run_id + "/" + work.step_id + "/"
         + std::to_string(work.claim.task.item)
         + (work.claim.task.compensation ? "/undo" : "");
}

} // namespace

namespace {

/// Each worker is a node; only the first one is in zone a.
worker_profile profile_of(std::uint64_t worker) {
  return {worker,
          {"noop"},
          std::nullopt,
          {},
          "n" + std::to_string(worker),
          {{"zone", worker == 0 ? "a" : "b"}}};
}

} // namespace

void engine_simulation::pull() {
  const auto worker = random_() % worker_count;
  ledger_->welcome(profile_of(worker));
  name_running(worker);
  auto is_grouped = false;
  for (auto& work : ledger_->assign(worker, 1 + random_() % 2)) {
    check_instant(work.run_id);
    is_grouped |= check_labels(worker, work);
    check_apart(worker, work);
    auto& to = work.may_begin ? held_ : undelivered_;
    to.push_back({worker, std::move(work), epoch_, false});
  }
  if (is_grouped)
    check_group(worker);
}

/// Whether the work is one of a group.
bool engine_simulation::check_labels(std::uint64_t worker,
                                     const assignment& work) {
  const auto& steps = ledger_->find(work.run_id)->definition().steps;
  const auto& placement = steps[work.claim.task.step].placement;
  if (!placement)
    return false;
  ++placed_;
  if (!has_labels(profile_of(worker).labels, placement->require,
                  placement->exclude))
    object("a worker without the labels has " + effect_of(work));
  return placement->per_node != 0;
}

/// Who is at it already does not begin it a second time.
void engine_simulation::check_apart(std::uint64_t worker,
                                    const assignment& work) {
  const auto* run = ledger_->find(work.run_id);
  for (const auto* some : {&held_, &undelivered_, &in_flight_work_})
    for (const auto& held : *some)
      if (held.worker == worker && held.epoch == epoch_ && !held.is_stale
          && held.work.run_id == work.run_id
          && held.work.claim.task == work.claim.task
          && held.work.claim.claim != work.claim.claim
          && run->is_held_under(work.claim.task, held.work.claim.claim))
        object("somebody does the same twice: " + effect_of(work));
}

/// Of what the engine knows that this worker has, after it was given some. It
/// may go on with more of it under a new engine: an end that was not stored.
void engine_simulation::check_group(std::uint64_t worker) {
  // It may hold the same claim twice: given out, lost, and given out again.
  auto running = std::set<std::string>{};
  auto most = std::uint32_t{0};
  for (const auto* some : {&held_, &undelivered_, &in_flight_work_})
    for (const auto& held : *some) {
      const auto* run = ledger_->find(held.work.run_id);
      if (held.worker != worker || held.epoch != epoch_ || held.is_stale
          || run == nullptr)
        continue;
      const auto& claim = held.work.claim;
      const auto& placement
        = run->definition().steps[claim.task.step].placement;
      const auto* work = run->find(claim.task);
      if (!placement || placement->per_node == 0 || work == nullptr
          || !run->is_held_under(claim.task, claim.claim))
        continue;
      running.insert(effect_of(held.work));
      most = placement->per_node;
    }
  if (running.size() > most)
    object("a node has more of a group than it may");
}

/// What a worker that outlived an engine says to the next one, before it is
/// given anything.
void engine_simulation::name_running(std::uint64_t worker) {
  for (auto& held : held_) {
    if (held.worker != worker || !std::exchange(held.is_waiting, false))
      continue;
    const auto& claim = held.work.claim;
    const auto named = claim_id{held.epoch, claim.claim};
    const auto& run_id = held.work.run_id;
    if (!ledger_->rebind(worker, run_id, claim.task, named)) {
      ++dropped_;
      continue;
    }
    ++rebound_;
    held.epoch = epoch_;
    held.is_stale = false;
    if (!ledger_->find(run_id)->is_held_under(claim.task, claim.claim))
      object("somebody goes on with work that others have: "
             + effect_of(held.work));
    // Somebody whom a copy of that message reached.
    if (random_() % 8 == 0
        && ledger_->rebind((worker + 1) % worker_count, run_id, claim.task,
                           named))
      object("two go on with the same work: " + effect_of(held.work));
  }
  // Only then may somebody say that all have spoken.
  if (std::ranges::none_of(held_, &held_work::is_waiting) && happens(20))
    ledger_->end_rebinding();
}

void engine_simulation::report() {
  if (held_.empty())
    return;
  const auto index = random_() % held_.size();
  auto& chosen = held_[index];
  if (chosen.is_waiting)
    return;
  const auto work = chosen.work;
  const auto& claim = work.claim;
  if (random_() % 8 == 0) {
    static_cast<void>(ledger_->beat(work.run_id, claim.task,
                                    {chosen.epoch, claim.claim},
                                    {{"at", random_() % 100}}));
    return;
  }
  const auto fails = happens(faults_.failures);
  if (!is_stored(work.run_id))
    object("somebody works for a run that nobody has stored: " + work.run_id);
  if (!fails)
    ++effects_[effect_of(work)];
  const auto done = ledger_->report(
    work.run_id, claim.task, {chosen.epoch, claim.claim},
    [&](run_decision& it) {
      if (!fails)
        return it.succeed(claim.task, claim.claim, claim.attempt);
      auto error = messages::TaskError{};
      error.set_kind("broken");
      return it.fail(claim.task, claim.claim, error);
    });
  if (done && chosen.is_stale)
    object("a report counted twice: " + effect_of(work));
  if (happens(faults_.late_reports))
    chosen.is_stale = true;
  else
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
}

void engine_simulation::lose_worker() {
  const auto worker = random_() % worker_count;
  ledger_->lose_worker(worker, "killed");
  // What it did may still be told by somebody, late.
  for (auto& held : held_)
    if (held.worker == worker) {
      held.is_stale = true;
      held.is_waiting = false;
    }
  for (auto* some : {&undelivered_, &in_flight_work_})
    std::erase_if(*some,
                  [=](const held_work& held) { return held.worker == worker; });
}

/// The engine is gone, and perhaps those with it who worked for it. The others
/// keep to themselves what they have to report.
void engine_simulation::leave_workers() {
  for (auto worker = std::uint64_t{0}; worker < worker_count; ++worker) {
    const auto survives = random_() % 2 == 0;
    for (auto& held : held_)
      if (held.worker == worker) {
        held.is_stale = true;
        held.is_waiting = survives;
      }
  }
}

} // namespace troupe::tests
