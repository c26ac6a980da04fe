#include "actors/engine/run_state.hpp"
#include "actors/engine/run_state_parts.hpp"

#include <algorithm>
#include <utility>

// A run as a message, and back.

namespace troupe::engine {

using messages::RunSnapshot;
using runtime::outcome;
using json = nlohmann::json;

namespace {

/// Grows when the same events make another state than before: then they are
/// folded anew.
constexpr auto snapshot_format = std::uint32_t{1};

std::int64_t micros(instant at) {
  return runtime::to_microseconds(at);
}

/// As in events: an empty text is null.
std::string text_of(const json& value) {
  return value.is_null() ? std::string{} : value.dump();
}

void write(const task_work& from, RunSnapshot::Work& to) {
  to.set_status(static_cast<std::uint32_t>(from.status));
  to.set_attempts(from.attempts);
  to.set_lost(from.lost);
  to.set_claim(from.claim);
  to.set_since(micros(from.since));
  to.set_entered(from.entered);
  to.set_ready_since(micros(from.ready_since));
  to.set_due(micros(from.due));
  to.set_heartbeat_at(micros(from.heartbeat_at));
  to.set_waits_for(from.waits_for);
  to.set_what(from.what);
  to.mutable_roles()->Assign(from.roles.begin(), from.roles.end());
  to.set_progress(text_of(from.progress));
  to.set_output(text_of(from.output));
  if (from.error.ByteSizeLong() != 0)
    *to.mutable_error() = from.error;
  to.set_is_borrowed(from.is_borrowed);
  to.set_second_claims(from.second_claims);
}

void write(const task_backup& from, RunSnapshot::Backup& to) {
  to.set_claim(from.claim);
  to.set_worker(from.worker);
  to.set_since(micros(from.since));
  to.set_heartbeat_at(micros(from.heartbeat_at));
}

task_backup read(const RunSnapshot::Backup& from) {
  return {from.claim(), from.worker(), runtime::from_microseconds(from.since()),
          runtime::from_microseconds(from.heartbeat_at())};
}

outcome<task_work> read(const RunSnapshot::Work& from) {
  if (from.status() > static_cast<std::uint32_t>(work_status::cancelled))
    return illegal("a snapshot with work in an unknown state");
  auto progress = parse_value(from.progress());
  auto output = parse_value(from.output());
  if (!progress || !output)
    return runtime::fail(progress ? output.error() : progress.error());
  auto to = task_work{};
  to.status = static_cast<work_status>(from.status());
  to.attempts = from.attempts();
  to.lost = from.lost();
  to.claim = from.claim();
  to.since = runtime::from_microseconds(from.since());
  to.entered = from.entered();
  to.ready_since = runtime::from_microseconds(from.ready_since());
  to.due = runtime::from_microseconds(from.due());
  to.heartbeat_at = runtime::from_microseconds(from.heartbeat_at());
  to.waits_for = from.waits_for();
  to.what = from.what();
  to.roles.assign(from.roles().begin(), from.roles().end());
  to.progress = std::move(*progress);
  to.output = std::move(*output);
  to.error = from.error();
  to.is_borrowed = from.is_borrowed();
  to.second_claims = from.second_claims();
  return to;
}

void write(const step_state& from, RunSnapshot::Step& to) {
  to.set_is_skipped(from.is_skipped);
  to.set_skip_reason(from.skip_reason);
  for (const auto& work : from.tasks)
    write(work, *to.add_tasks());
  for (const auto& work : from.compensations)
    write(work, *to.add_compensations());
  to.set_unmet(from.unmet);
  to.set_open(from.open);
  to.set_next(from.next);
  to.set_succeeded(from.succeeded);
  to.set_failed(from.failed);
  to.set_unmet_undo(from.unmet_undo);
  to.set_to_undo(from.to_undo);
  to.set_open_undo(from.open_undo);
  to.set_next_undo(from.next_undo);
  to.set_failed_undo(from.failed_undo);
  to.set_is_undone(from.is_undone);
  to.set_borrowed(from.borrowed);
  to.set_is_taken_over(from.is_taken_over);
  for (const auto took : from.durations)
    to.add_durations(took.count());
}

outcome<step_state> read(const RunSnapshot::Step& from) {
  auto to = step_state{};
  to.is_skipped = from.is_skipped();
  to.skip_reason = from.skip_reason();
  for (const auto& [works, into] :
       {std::pair{&from.tasks(), &to.tasks},
        std::pair{&from.compensations(), &to.compensations}})
    for (const auto& each : *works) {
      auto work = read(each);
      if (!work)
        return runtime::fail(work.error());
      into->push_back(std::move(*work));
    }
  to.unmet = from.unmet();
  to.open = from.open();
  to.next = from.next();
  to.succeeded = from.succeeded();
  to.failed = from.failed();
  to.unmet_undo = from.unmet_undo();
  to.to_undo = from.to_undo();
  to.open_undo = from.open_undo();
  to.next_undo = from.next_undo();
  to.failed_undo = from.failed_undo();
  to.is_undone = from.is_undone();
  to.borrowed = from.borrowed();
  to.is_taken_over = from.is_taken_over();
  for (const auto took : from.durations())
    to.durations.emplace_back(took);
  return to;
}

} // namespace

std::size_t run_state::work_count() const noexcept {
  auto count = std::size_t{0};
  for (const auto& step : steps_)
    count += step.tasks.size() + step.compensations.size();
  return count;
}

RunSnapshot run_state::to_snapshot() const {
  auto to = RunSnapshot{};
  to.set_format(snapshot_format);
  to.set_sequence(sequence_);
  *to.mutable_submission() = submission_;
  to.set_phase(static_cast<std::uint32_t>(phase_));
  to.set_is_paused(is_paused_);
  if (cancel_)
    *to.mutable_cancel() = *cancel_;
  to.set_outcome(outcome_);
  to.set_reason(reason_);
  to.set_undo_reason(undo_reason_);
  to.set_was_started(was_started_);
  to.set_heir(heir_);
  if (failure_run_)
    *to.mutable_failure_run() = *failure_run_;
  *to.mutable_queued_for() = queued_for_;
  if (timeout_at_)
    to.set_timeout_at(micros(*timeout_at_));
  for (const auto& step : steps_)
    write(step, *to.add_steps());
  for (const auto& [key, backup] : backups_)
    write(backup, *to.mutable_steps(static_cast<int>(key.step))
                     ->mutable_tasks(static_cast<int>(key.item))
                     ->mutable_backup());
  to.mutable_unblocked()->Assign(unblocked_.begin(), unblocked_.end());
  for (const auto& signal : signals_) {
    auto& each = *to.add_signals();
    each.set_sequence(signal.sequence);
    *each.mutable_what() = signal.what;
  }
  // The same state is the same bytes.
  auto ids = std::vector<std::string>{signal_ids_.begin(), signal_ids_.end()};
  std::ranges::sort(ids);
  to.mutable_signal_ids()->Assign(ids.begin(), ids.end());
  to.set_last_claim(last_claim_);
  to.set_busy(busy_);
  to.set_idle(idle_);
  to.set_failed_steps(failed_steps_);
  to.set_settled_steps(static_cast<std::uint32_t>(settled_steps_));
  to.set_undone_steps(static_cast<std::uint32_t>(undone_steps_));
  to.set_failed_undos(failed_undos_);
  to.set_submitted_at(micros(submitted_at_));
  to.set_updated_at(micros(updated_at_));
  to.set_deadline_state(static_cast<std::uint32_t>(deadline_notice_));
  return to;
}

outcome<std::unique_ptr<run_state>>
run_state::from_snapshot(std::shared_ptr<const workflow> of,
                         const RunSnapshot& from) {
  auto run = std::make_unique<run_state>(std::move(of));
  const auto steps = static_cast<int>(run->steps_.size());
  if (from.format() != snapshot_format || from.sequence() == 0
      || from.steps_size() != steps
      || from.phase() > static_cast<std::uint32_t>(phase::ended)
      || from.deadline_state()
           > static_cast<std::uint32_t>(deadline_notice::missed))
    return illegal("a snapshot of another version");
  auto inputs = parse_value(from.submission().inputs());
  if (!inputs)
    return runtime::fail(inputs.error());
  run->submission_ = from.submission();
  run->inputs_ = inputs->is_null() ? json::object() : std::move(*inputs);
  run->phase_ = static_cast<phase>(from.phase());
  run->is_paused_ = from.is_paused();
  if (from.has_cancel())
    run->cancel_ = from.cancel();
  run->outcome_ = from.outcome();
  run->reason_ = from.reason();
  run->undo_reason_ = from.undo_reason();
  run->was_started_ = from.was_started();
  run->heir_ = from.heir();
  if (from.has_failure_run())
    run->failure_run_ = from.failure_run();
  run->queued_for_ = from.queued_for();
  if (from.has_timeout_at())
    run->timeout_at_ = runtime::from_microseconds(from.timeout_at());
  for (auto i = 0; i < steps; ++i) {
    auto step = read(from.steps(i));
    if (!step)
      return runtime::fail(step.error());
    run->steps_[static_cast<std::size_t>(i)] = std::move(*step);
    for (auto item = 0; item < from.steps(i).tasks_size(); ++item)
      if (const auto& task = from.steps(i).tasks(item); task.has_backup())
        run->backups_[{static_cast<step_index>(i),
                       static_cast<std::uint32_t>(item), false}]
          = read(task.backup());
  }
  for (const auto step : from.unblocked()) {
    if (step >= run->steps_.size())
      return illegal("a snapshot of another workflow");
    run->unblocked_.push_back(step);
  }
  for (const auto& each : from.signals())
    run->signals_.push_back({each.sequence(), each.what()});
  run->signal_ids_.insert(from.signal_ids().begin(), from.signal_ids().end());
  run->sequence_ = from.sequence();
  run->last_claim_ = from.last_claim();
  run->busy_ = from.busy();
  run->idle_ = from.idle();
  run->failed_steps_ = from.failed_steps();
  run->settled_steps_ = from.settled_steps();
  run->undone_steps_ = from.undone_steps();
  run->failed_undos_ = from.failed_undos();
  run->submitted_at_ = runtime::from_microseconds(from.submitted_at());
  run->updated_at_ = runtime::from_microseconds(from.updated_at());
  run->deadline_notice_ = static_cast<deadline_notice>(from.deadline_state());
  return run;
}

} // namespace troupe::engine
