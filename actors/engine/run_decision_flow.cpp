#include "actors/engine/activity_catalog.hpp"
#include "actors/engine/engine_activities.hpp"
#include "actors/engine/run_decision.hpp"
#include "actors/engine/run_scope.hpp"
#include "actors/engine/run_state_parts.hpp"
#include "actors/engine/task_times.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

// What follows from an event without anybody's doing.

namespace troupe::engine {

using messages::RunEnded;
using runtime::outcome;
using json = nlohmann::json;

namespace {

/// "step fetch failed: exit_nonzero: ...", of the first in the file.
std::string describe_failure(const run_state& run) {
  for (std::size_t i = 0; i < run.steps().size(); ++i)
    for (const auto& task : run.steps()[i].tasks)
      if (task.status == work_status::failed)
        return "step " + run.definition().steps[i].id
               + " failed: " + task.error.kind() + ": " + task.error.message();
  return "a step failed";
}

/// The steps whose effects are still there.
std::string describe_remainder(const run_state& run) {
  auto names = std::string{};
  for (std::size_t i = 0; i < run.steps().size(); ++i)
    if (!run.steps()[i].is_undone && run.definition().steps[i].compensate
        && run.steps()[i].has_effects())
      names += (names.empty() ? "" : ", ") + run.definition().steps[i].id;
  return names;
}

/// Whether nobody can know if the task was done: its worker was lost or stopped
/// in the middle, or did not answer in time.
bool is_in_doubt(const task_work& task) {
  if (task.claim == 0)
    return false;
  const auto& kind = task.error.kind();
  if (task.status == work_status::cancelled && kind.empty())
    return true;
  return (task.status == work_status::cancelled
          || task.status == work_status::failed)
         && (kind == "worker_lost" || kind == "timeout");
}

/// What is said of steps with a compensation that were begun and perhaps done:
/// nothing undoes them. Empty: there are none.
std::string describe_doubt(const run_state& run) {
  auto names = std::string{};
  for (std::size_t i = 0; i < run.steps().size(); ++i)
    if (run.definition().steps[i].compensate
        && std::ranges::any_of(run.steps()[i].tasks, is_in_doubt))
      names += (names.empty() ? "; perhaps done and not undone: " : ", ")
               + run.definition().steps[i].id;
  return names;
}

bool has_something_to_undo(const run_state& run) {
  for (std::size_t i = 0; i < run.steps().size(); ++i)
    if (run.definition().steps[i].compensate && run.steps()[i].has_effects())
      return true;
  return false;
}

} // namespace

void run_decision::advance() {
  if (is_over(run_.status()) || run_.is_paused())
    return;
  for (auto before = std::uint64_t{0}; before != run_.sequence();) {
    before = run_.sequence();
    while (!run_.unblocked().empty() && !run_.is_failing()
           && !run_.is_cancelling() && !run_.is_compensating())
      decide_step(run_.unblocked().front());
    wait_where_needed();
    take_signals(); // Which may end steps that others need.
  }
  if (!run_.is_compensating() && (run_.is_failing() || run_.is_cancelling()))
    call_off(false);
  end_if_idle();
}

/// The step is skipped, ready, or fails at its own expressions.
void run_decision::decide_step(step_index index) {
  const auto& step = run_.definition().steps[index];
  if (step.when) {
    const auto is_wanted = evaluate_truth(*step.when, run_scope{run_});
    if (!is_wanted)
      return fail_step(index, is_wanted.error().reason);
    if (!*is_wanted) {
      auto& event = *prepare().mutable_step_skipped();
      event.set_step(index);
      event.set_reason("when is false: " + step.when->print());
      return commit();
    }
  }
  auto items = std::uint32_t{1};
  if (step.foreach) {
    const auto elements = elements_of(run_, index);
    if (!elements)
      return fail_step(index, elements.error());
    items = static_cast<std::uint32_t>((*elements)->size());
  }
  auto& event = *prepare().mutable_step_ready();
  event.set_step(index);
  event.set_items(items);
  commit();
  wait_where_needed();
}

void run_decision::fail_step(step_index index, const runtime::problem& reason) {
  // One task stands for the step, whatever its fan-out would have been.
  auto& event = *prepare().mutable_step_ready();
  event.set_step(index);
  event.set_items(1);
  commit();
  fail_at_expression({index, 0, false}, reason);
}

/// Tasks that are no worker's business wait instead of being ready.
void run_decision::wait_where_needed() {
  while (touched_seen_ < touched_.size()) {
    const auto task = touched_[touched_seen_++];
    const auto* work = run_.find(task);
    if (work != nullptr && work->status == work_status::ready
        && is_of_engine(call_of(run_.definition(), task).activity))
      begin_waiting(task);
  }
}

void run_decision::begin_waiting(const task_key& task) {
  const auto input = input_of(run_, task);
  if (!input)
    return fail_at_expression(task, input.error());
  auto wait = wait_of(run_.definition(), task, *input, context_.now);
  if (!wait) {
    auto error = messages::TaskError{};
    error.set_kind("invalid_input");
    error.set_message(runtime::render(wait.error()));
    error.set_permanent(true);
    return record_failure(task, std::move(error));
  }
  if (wait->reason() == messages::TaskWaiting::CHILD_RUN)
    wait->set_what(context_.new_id());
  *prepare().mutable_waiting() = std::move(*wait);
  commit();
  take_signals();
}

/// Retries of what is no worker's business came due while the run was paused.
void run_decision::begin_due_waits() {
  auto due = std::vector<task_key>{};
  for_each_work(
    run_,
    [](work_status status) {
      return status == work_status::backing_off || status == work_status::ready;
    },
    [&](const task_key& key) {
      if (is_ready(*run_.find(key), context_.now)
          && is_of_engine(call_of(run_.definition(), key).activity))
        due.push_back(key);
    });
  for (const auto& key : due)
    begin_waiting(key);
}

void run_decision::end_waiting(const task_key& task, const json& output,
                               std::uint64_t signal) {
  auto& event = *prepare().mutable_succeeded();
  *event.mutable_task() = to_message(task);
  event.set_signal(signal);
  if (!output.is_null())
    event.set_output(output.dump());
  commit();
}

/// Gives signals to those who wait for them, oldest signal first.
void run_decision::take_signals() {
  while (take_signal())
    ;
}

/// The oldest signal that somebody waits for goes to the first who does.
bool run_decision::take_signal() {
  if (run_.signals().empty() || run_.idle() == 0
      || (run_.is_cancelling() && !run_.is_compensating()))
    return false;
  auto waiting = std::map<std::string_view, std::vector<task_key>>{};
  for_each_work(
    run_, [](work_status status) { return status == work_status::waiting; },
    [&](const task_key& key) {
      const auto& work = *run_.find(key);
      if (waits_for_signal(work))
        waiting[work.what].push_back(key);
    });
  for (const auto& signal : run_.signals()) {
    const auto found = waiting.find(signal.what.name());
    if (found == waiting.end())
      continue;
    const auto taker
      = std::ranges::find_if(found->second, [&](const task_key& key) {
          return may_take(*run_.find(key), signal.what);
        });
    if (taker == found->second.end())
      continue;
    auto answer = answer_of(*run_.find(*taker), signal.what);
    if (!answer.rejection) {
      end_waiting(*taker, answer.output, signal.sequence);
      return true;
    }
    auto what = messages::TaskFailed{};
    *what.mutable_error() = std::move(*answer.rejection);
    what.set_signal(signal.sequence);
    record_failure(*taker, std::move(what));
    return true;
  }
  return false;
}

/// Nothing that has not begun will begin; with `also_held` what runs is given
/// up, too.
void run_decision::call_off(bool also_held) {
  if (run_.busy() == 0 && run_.idle() == 0)
    return;
  auto wanted = std::vector<task_key>{};
  for_each_work(
    run_,
    [=](work_status status) {
      return !is_over(status) && status != work_status::blocked
             && (also_held || !is_held(status));
    },
    [&](const task_key& key) { wanted.push_back(key); });
  for (const auto& key : wanted) {
    *prepare().mutable_cancelled()->mutable_task() = to_message(key);
    commit();
  }
}

void run_decision::end_if_idle() {
  if (is_over(run_.status()) || run_.busy() != 0 || run_.idle() != 0)
    return;
  if (run_.is_compensating()) {
    if (run_.is_undone())
      end(RunEnded::COMPENSATED, run_.undo_reason() + describe_doubt(run_));
    else
      end(RunEnded::FAILED,
          "compensation failed, still in effect: " + describe_remainder(run_)
            + " (after: " + run_.undo_reason() + ")" + describe_doubt(run_));
    return;
  }
  const auto& cancellation = run_.cancellation();
  if (cancellation)
    start_undoing_or_end(cancellation->timed_out() ? RunEnded::FAILED
                                                   : RunEnded::CANCELLED,
                         run_.reason());
  else if (run_.is_failing())
    start_undoing_or_end(RunEnded::FAILED, describe_failure(run_));
}

void run_decision::start_undoing_or_end(RunEnded::Outcome outcome,
                                        const std::string& reason) {
  const auto policy = run_.definition().on_failure.kind;
  if (policy != failure_policy::action::compensate)
    return end(outcome, reason);
  if (!has_something_to_undo(run_))
    return end(outcome, reason + describe_doubt(run_));
  prepare().mutable_compensation_started()->set_reason(reason);
  commit();
  wait_where_needed();
  end_if_idle();
}

void run_decision::end(RunEnded::Outcome outcome, const std::string& reason) {
  auto& event = *prepare().mutable_ended();
  event.set_outcome(outcome);
  event.set_reason(reason);
  commit();
}

// -- time ---------------------------------------------------------------------

outcome<void> run_decision::check_time(const task_key& task) {
  const auto* work = run_.find(task);
  if (work == nullptr || is_over(run_.status()))
    return {};
  if (is_ready(*work, context_.now) && !run_.is_paused()
      && is_of_engine(call_of(run_.definition(), task).activity)) {
    begin_waiting(task);
    advance();
    return {};
  }
  const auto deadline = deadline_of(run_, task, context_.now);
  if (!deadline || deadline->at > context_.now)
    return {};
  using what = task_deadline::what;
  switch (deadline->expires) {
    case what::timer:
      end_waiting(task, json{});
      break;
    case what::not_begun:
      return lose(task, work->claim, "the worker did not begin in time");
    default: {
      auto failed = messages::TaskFailed{};
      failed.set_claim(deadline->claim);
      auto& error = *failed.mutable_error();
      error.set_kind("timeout");
      error.set_message(std::string{to_string(deadline->expires)} + " is over");
      // Only another attempt at the same work can end better.
      error.set_permanent(deadline->expires != what::start_to_close
                          && deadline->expires != what::heartbeat);
      if (deadline->expires == what::schedule_to_close)
        record_failure(task, std::move(failed)); // Of all who are at it.
      else
        end_attempt(task, std::move(failed));
    }
  }
  advance();
  return {};
}

outcome<void> run_decision::wake() {
  if (run_.is_paused() || is_over(run_.status()))
    return {};
  begin_due_waits();
  advance();
  return {};
}

namespace {

/// When something is to be said of the run's deadline. Its end, which is near
/// once all steps are done, is awaited with nothing in between.
std::optional<instant> next_deadline_notice(const run_state& run) {
  const auto said = run.said_of_deadline();
  if (run.submission().deadline_at() == 0 || is_over(run.status())
      || run.is_finished() || said == deadline_notice::missed)
    return std::nullopt;
  const auto deadline
    = runtime::from_microseconds(run.submission().deadline_at());
  if (said == deadline_notice::near)
    return deadline;
  const auto span
    = std::max(deadline - run.submitted_at(), instant::duration{});
  return run.submitted_at() + span / 100 * deadline_near_percent;
}

/// When the run as a whole is stopped: by its timeout, or for good.
std::optional<instant> stop_time(const run_state& run) {
  if (is_over(run.status()) || run.is_compensating())
    return std::nullopt;
  const auto& cancellation = run.cancellation();
  if (!cancellation)
    return run.timeout_at();
  // A second look would find nothing to stop.
  const auto has_work = run.busy() != 0 || run.idle() != 0;
  if (!has_work || cancellation->stop_at() == 0)
    return std::nullopt;
  return runtime::from_microseconds(cancellation->stop_at());
}

} // namespace

outcome<void> run_decision::check_time() {
  const auto notice = next_deadline_notice(run_);
  if (notice && *notice <= context_.now) {
    // Whoever looks late says the last word only.
    if (runtime::to_microseconds(context_.now)
        >= run_.submission().deadline_at())
      prepare().mutable_deadline_missed();
    else
      prepare().mutable_deadline_near();
    commit();
  }
  const auto due = stop_time(run_);
  if (!due || *due > context_.now)
    return {};
  if (run_.is_cancelling()) {
    call_off(true);
    advance();
    return {};
  }
  auto request = messages::RunCancelRequested{};
  request.set_reason("the run took longer than its timeout");
  request.set_timed_out(true);
  request.set_stop_at(runtime::to_microseconds(context_.now));
  return cancel(std::move(request));
}

std::optional<instant> run_deadline(const run_state& run) {
  auto first = std::optional<instant>{};
  for (const auto& at :
       {next_deadline_notice(run), stop_time(run), run.starts_at()})
    if (at && (!first || *at < *first))
      first = at;
  return first;
}

} // namespace troupe::engine
