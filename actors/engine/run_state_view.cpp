#include "actors/engine/run_state.hpp"
#include "actors/engine/run_state_parts.hpp"
#include "actors/engine/task_times.hpp"
#include "runtime/instant.hpp"

#include <algorithm>
#include <array>

// What a run tells about itself.

namespace troupe::engine {

namespace {

using works = std::vector<task_work>;

bool has_any(const works& some, work_status status) {
  return std::ranges::any_of(some, [=](const task_work& work) {
    return work.status == status;
  });
}

/// The earliest instant at which time alone changes something.
instant next_check_of(const run_state& of, step_index step, const works& some,
                      bool compensation) {
  auto next = instant{};
  for (auto item = std::uint32_t{0}; item < some.size(); ++item) {
    // What was due before is looked at as soon as anybody looks at all.
    const auto deadline
      = deadline_of(of, {step, item, compensation}, instant{});
    if (deadline && (next == instant{} || deadline->at < next))
      next = deadline->at;
  }
  return next;
}

waiting_reason::kind kind_of(const task_work& work) {
  using kind = waiting_reason::kind;
  if (work.status != work_status::waiting)
    return work.status == work_status::backing_off ? kind::timer : kind::worker;
  switch (work.waits_for) {
    case messages::TaskWaiting::SIGNAL:
      return kind::signal;
    case messages::TaskWaiting::APPROVAL:
      return kind::approval;
    case messages::TaskWaiting::CHILD_RUN:
      return kind::child_run;
    default:
      return kind::timer;
  }
}

std::string detail_of(const std::string& step, const task_work& work,
                      const task_backup* backup) {
  auto text = "step " + step + " is " + std::string{to_string(work.status)};
  switch (work.status) {
    case work_status::claimed:
    case work_status::running:
      return text + " on " + work.what
             + (backup == nullptr ? "" : " and on " + backup->worker)
             + ", attempt " + std::to_string(work.attempts);
    case work_status::backing_off:
      return text + " after " + work.error.kind() + ": " + work.error.message();
    case work_status::waiting:
      return work.what.empty() ? text : text + " for " + work.what;
    default:
      return text;
  }
}

std::string describe(const messages::RunQueued& why,
                     const messages::RunSubmitted& of) {
  if (why.reason() == messages::RunQueued::CONCURRENCY_KEY)
    return "concurrency key " + of.concurrency_key();
  return "the limit of " + std::to_string(why.limit())
         + " runs at a time (--runs-max)";
}

} // namespace

std::string_view to_string(waiting_reason::kind what) noexcept {
  constexpr auto names
    = std::array<std::string_view, 9>{"timer",    "slot",      "dependency",
                                      "signal",   "worker",    "quota",
                                      "approval", "child_run", "paused"};
  return names[static_cast<std::size_t>(what)];
}

std::string_view to_string(deadline_notice what) noexcept {
  constexpr auto names = std::array<std::string_view, 3>{"", "near", "missed"};
  return names[static_cast<std::size_t>(what)];
}

step_status run_state::status_of(step_index index) const {
  const auto& step = steps_[index];
  if (step.is_skipped)
    return step_status::skipped;
  if (!step.compensations.empty()) {
    if (step.is_undone)
      return step_status::compensated;
    return step.failed_undo != 0 ? step_status::compensation_failed
                                 : step_status::compensating;
  }
  const auto is_settled = step.succeeded == step.tasks.size();
  if (step.tasks.empty()) {
    // Of a fan-out over nothing its dependents know that it is done.
    const auto is_waiting
      = step.unmet != 0 || !was_started_
        || std::ranges::find(unblocked_, index) != unblocked_.end();
    const auto is_given_up
      = phase_ >= phase::compensating || is_cancelling() || is_failing();
    if (is_waiting)
      return is_given_up ? step_status::cancelled : step_status::blocked;
    return step_status::succeeded;
  }
  if (is_settled)
    return step_status::succeeded;
  if (step.failed != 0)
    return step_status::failed;
  for (const auto status :
       {work_status::running, work_status::claimed, work_status::ready,
        work_status::backing_off, work_status::waiting})
    if (has_any(step.tasks, status))
      return static_cast<step_status>(status);
  return step_status::cancelled;
}

std::optional<instant> run_state::starts_at() const noexcept {
  if (!is_pending() || is_paused_ || submission_.not_before() == 0)
    return std::nullopt;
  return runtime::from_microseconds(submission_.not_before());
}

std::optional<waiting_reason> run_state::waiting_on() const {
  using kind = waiting_reason::kind;
  if (is_over(status()))
    return std::nullopt;
  if (is_paused_)
    return waiting_reason{kind::paused, "the run is paused", updated_at_, {}};
  if (phase_ == phase::queued)
    return waiting_reason{
      kind::slot, describe(queued_for_, submission_), updated_at_, {}};
  if (const auto at = starts_at())
    return waiting_reason{kind::timer, "starts at " + runtime::to_string(*at),
                          updated_at_, *at};
  if (phase_ != phase::started && phase_ != phase::compensating)
    return waiting_reason{kind::worker, "not admitted yet", updated_at_, {}};
  // What works explains more than what waits, and that more than the rest.
  auto best = std::optional<waiting_reason>{};
  for (auto step = step_index{0}; step < steps_.size(); ++step) {
    if (steps_[step].open == 0 && steps_[step].open_undo == 0)
      continue; // It waits for another step, or for nothing.
    auto reason = waiting_on(step);
    if (!reason)
      continue;
    if (!best || (reason->what == kind::worker && best->what != kind::worker))
      best = std::move(reason);
  }
  if (best)
    return best;
  return waiting_reason{
    kind::worker, "its end is being validated", updated_at_, {}};
}

std::optional<waiting_reason> run_state::waiting_on(step_index index) const {
  using kind = waiting_reason::kind;
  const auto& step = steps_[index];
  const auto& definition = workflow_->steps[index];
  if (is_over(status()))
    return std::nullopt;
  for (const auto* some : {&step.compensations, &step.tasks}) {
    const auto is_undo = some == &step.compensations;
    for (const auto status :
         {work_status::running, work_status::claimed, work_status::ready,
          work_status::waiting, work_status::backing_off}) {
      const auto found = std::ranges::find(*some, status, &task_work::status);
      if (found == some->end())
        continue;
      const auto item = static_cast<std::uint32_t>(found - some->begin());
      return waiting_reason{
        kind_of(*found),
        detail_of(definition.id, *found, backup_of({index, item, is_undo})),
        found->since, next_check_of(*this, index, *some, is_undo),
        status == work_status::ready};
    }
  }
  if (status_of(index) != step_status::blocked)
    return std::nullopt;
  for (const auto need : definition.needs) {
    const auto status = status_of(need);
    if (status != step_status::succeeded && status != step_status::skipped)
      return waiting_reason{
        kind::dependency, "step " + workflow_->steps[need].id, updated_at_, {}};
  }
  if (const auto at = starts_at())
    return waiting_reason{kind::timer,
                          "the run starts at " + runtime::to_string(*at),
                          updated_at_, *at};
  return waiting_reason{
    kind::worker, "step " + definition.id + " is next", updated_at_, {}};
}

} // namespace troupe::engine
