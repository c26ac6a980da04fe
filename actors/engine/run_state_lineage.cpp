#include "actors/engine/run_state.hpp"
#include "actors/engine/run_state_parts.hpp"

#include <algorithm>
#include <utility>

// What one run has to do with others: it goes on from one, or one goes on from
// it, or was started because it failed.

namespace troupe::engine {

using runtime::outcome;

namespace {

outcome<void> take_over_tasks(step_state& step,
                              const messages::RunTookOver::Step& from,
                              instant now, std::uint64_t sequence) {
  step.tasks.resize(from.items());
  for (const auto& each : from.tasks()) {
    if (each.item() >= step.tasks.size()
        || step.tasks[each.item()].status != work_status::blocked)
      return illegal("a task is taken over that is not there, or twice");
    auto output = parse_value(each.output());
    if (!output)
      return runtime::fail(output.error());
    auto& task = step.tasks[each.item()];
    task.status = work_status::succeeded;
    task.attempts = each.attempts();
    task.output = std::move(*output);
    task.is_borrowed = each.borrowed();
    task.since = now;
    task.entered = sequence;
    ++step.succeeded;
    step.borrowed += each.borrowed() ? 1 : 0;
  }
  return {};
}

} // namespace

outcome<void> run_state::take_over(const messages::RunTookOver& event) {
  if (phase_ != phase::pending || sequence_ != 1
      || submission_.reset_of().empty())
    return illegal("a run takes over from the one that it goes on from, first "
                   "of all");
  auto steps = steps_;
  for (const auto& each : event.steps()) {
    if (each.step() >= steps.size() || steps[each.step()].is_taken_over)
      return illegal("a step is taken over that is not there, or twice");
    const auto& definition = workflow_->steps[each.step()];
    const auto is_early = [&](step_index need) {
      return !steps[need].is_taken_over || !steps[need].is_done();
    };
    if (std::ranges::any_of(definition.needs, is_early))
      return illegal("a step is taken over without what it needs");
    auto& step = steps[each.step()];
    step.is_taken_over = true;
    step.is_skipped = !each.skip_reason().empty();
    step.skip_reason = each.skip_reason();
    if (!step.is_skipped && !definition.foreach && each.items() != 1)
      return illegal("a step without a fan-out has one task");
    if (auto taken = take_over_tasks(step, each, updated_at_, sequence_ + 1);
        !taken)
      return taken;
  }
  steps_ = std::move(steps);
  return {};
}

outcome<void> run_state::hand_over(const messages::RunHandedOver& event) {
  if (phase_ != phase::ended || !heir_.empty()
      || outcome_ == messages::RunEnded::COMPLETED)
    return illegal("only what a run that is over has not completed is handed "
                   "over, and once");
  heir_ = event.to_run();
  return {};
}

outcome<void>
run_state::note_failure_run(const messages::FailureRunStarted& event) {
  using action = failure_policy::action;
  if (phase_ != phase::ended || outcome_ != messages::RunEnded::FAILED
      || workflow_->on_failure.kind != action::start_workflow || failure_run_)
    return illegal("a run is started for a failure once");
  failure_run_ = event;
  return {};
}

} // namespace troupe::engine
