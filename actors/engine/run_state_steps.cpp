#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_state.hpp"
#include "actors/engine/run_state_parts.hpp"

#include <algorithm>

namespace troupe::engine {

using runtime::outcome;

outcome<void> run_state::make_ready(const messages::StepReady& event) {
  const auto found = std::ranges::find(unblocked_, event.step());
  if (phase_ != phase::started || found == unblocked_.end())
    return illegal("a step is ready before what it needs");
  const auto& definition = workflow_->steps[event.step()];
  if (!definition.foreach && event.items() != 1)
    return illegal("a step without a fan-out has one task");
  unblocked_.erase(found);
  auto& step = steps_[event.step()];
  step.tasks.resize(event.items());
  if (step.tasks.empty())
    settle(event.step());
  else
    refill(event.step());
  return {};
}

outcome<void> run_state::skip(const messages::StepSkipped& event) {
  const auto found = std::ranges::find(unblocked_, event.step());
  if (phase_ != phase::started || found == unblocked_.end())
    return illegal("a step is skipped before its turn");
  unblocked_.erase(found);
  steps_[event.step()].is_skipped = true;
  steps_[event.step()].skip_reason = event.reason();
  settle(event.step());
  return {};
}

std::uint32_t run_state::parallel_max(step_index index) const {
  const auto& fan_out = workflow_->steps[index].foreach;
  return fan_out ? fan_out->parallel_max : 1U;
}

/// Lets as many tasks of a step be ready as may run at once.
void run_state::refill(step_index index) {
  auto& step = steps_[index];
  while (step.open < parallel_max(index) && step.next < step.tasks.size()
         && step.failed == 0 && !cancel_
         && !(has_bug(planted_bug::stop_refilling) && step.succeeded != 0)) {
    const auto item = step.next++;
    // Others were taken over.
    if (step.tasks[item].status == work_status::blocked)
      enter({index, item, false}, step.tasks[item], work_status::ready);
  }
}

void run_state::settle(step_index index) {
  ++settled_steps_;
  for (const auto next : workflow_->steps[index].needed_by)
    if (--steps_[next].unmet == 0
        || (has_bug(planted_bug::ignore_needs) && steps_[next].unmet == 1))
      unblocked_.push_back(next);
}

outcome<void>
run_state::start_compensation(const messages::CompensationStarted& event) {
  if (phase_ == phase::nothing || phase_ > phase::started || busy_ != 0
      || idle_ != 0 || is_paused_
      || !may_become(status(), run_status::compensating))
    return illegal("a run is undone once, and when it does nothing else");
  phase_ = phase::compensating;
  reason_ = event.reason();
  undo_reason_ = event.reason();
  for (std::size_t i = 0; i < steps_.size(); ++i)
    steps_[i].unmet_undo
      = static_cast<std::uint32_t>(workflow_->steps[i].needed_by.size());
  for (auto at = workflow_->order.rbegin(); at != workflow_->order.rend(); ++at)
    if (workflow_->steps[*at].needed_by.empty()
        || has_bug(planted_bug::undo_at_once))
      begin_undo(*at);
  return {};
}

/// Everything that depends on the step is undone, so that it is its turn.
void run_state::begin_undo(step_index index) {
  auto& step = steps_[index];
  if (workflow_->steps[index].compensate && step.has_effects()) {
    step.compensations.resize(step.tasks.size());
    step.to_undo = step.succeeded - step.borrowed;
    refill_undo(index);
    return;
  }
  settle_undo(index);
}

/// As `refill`. What failed does not keep the rest from being undone.
void run_state::refill_undo(step_index index) {
  auto& step = steps_[index];
  while (step.open_undo < parallel_max(index)
         && step.next_undo < step.compensations.size()) {
    const auto item = step.next_undo++;
    const auto& task = step.tasks[item];
    if (task.status == work_status::succeeded && !task.is_borrowed)
      enter({index, item, true}, step.compensations[item], work_status::ready);
  }
}

void run_state::settle_undo(step_index index) {
  // Long chains of steps without compensation must not use up the stack.
  auto done = std::vector<step_index>{index};
  while (!done.empty()) {
    const auto at = done.back();
    done.pop_back();
    steps_[at].is_undone = true;
    ++undone_steps_;
    for (const auto need : workflow_->steps[at].needs) {
      auto& step = steps_[need];
      if (--step.unmet_undo != 0)
        continue;
      if (workflow_->steps[need].compensate && step.has_effects())
        begin_undo(need);
      else
        done.push_back(need);
    }
  }
}

outcome<void> run_state::retry(const messages::StepRetryRequested& event,
                               instant before) {
  if (event.step() >= steps_.size())
    return illegal("no such step");
  auto& step = steps_[event.step()];
  if (phase_ == phase::ended && outcome_ != messages::RunEnded::FAILED)
    return illegal("only a failed run goes on");
  const auto is_undo = step.failed_undo != 0;
  const auto is_undoing = failed_undos_ != 0 || phase_ == phase::compensating;
  if ((!is_undo && step.failed == 0) || (is_undoing && !is_undo))
    return illegal("nothing of the step failed");
  const auto next = is_undo ? phase::compensating : phase::started;
  // The time that it lay there is not the run's.
  if (phase_ == phase::ended && timeout_at_)
    *timeout_at_ += updated_at_ - before;
  phase_ = next;
  if (is_undo) {
    failed_undos_ -= step.failed_undo;
    step.failed_undo = 0;
  } else {
    step.failed = 0;
    --failed_steps_;
    reason_.clear();
  }
  auto& works = is_undo ? step.compensations : step.tasks;
  for (auto item = std::uint32_t{0}; item < works.size(); ++item)
    if (works[item].status == work_status::failed)
      revive({event.step(), item, is_undo}, works[item]);
  if (is_undo || failed_steps_ != 0)
    return {};
  // What was called off because of the failure.
  for (auto index = step_index{0}; index < steps_.size(); ++index) {
    auto& tasks = steps_[index].tasks;
    for (auto item = std::uint32_t{0}; item < tasks.size(); ++item)
      if (tasks[item].status == work_status::cancelled)
        revive({index, item, false}, tasks[item]);
    refill(index);
  }
  return {};
}

/// Ready again, with a new budget of attempts.
void run_state::revive(const task_key& key, task_work& work) {
  work.attempts = 0;
  work.lost = 0;
  work.ready_since = {};
  enter(key, work, work_status::ready);
}

std::vector<task_key> run_state::take_touched() {
  return std::exchange(touched_, {});
}

} // namespace troupe::engine
