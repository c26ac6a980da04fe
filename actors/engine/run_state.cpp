#include "actors/engine/run_state.hpp"

#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_state_parts.hpp"

#include <algorithm>

namespace troupe::engine {

using messages::RunEvent;
using runtime::outcome;
using json = nlohmann::json;

task_key from_message(const messages::TaskRef& ref) noexcept {
  return {ref.step(), ref.item(), ref.compensation()};
}

messages::TaskRef to_message(const task_key& key) {
  auto ref = messages::TaskRef{};
  ref.set_step(key.step);
  ref.set_item(key.item);
  ref.set_compensation(key.compensation);
  return ref;
}

run_state::run_state(std::shared_ptr<const workflow> of)
  : workflow_{std::move(of)}, steps_(workflow_->steps.size()) {
  for (std::size_t i = 0; i < steps_.size(); ++i)
    steps_[i].unmet
      = static_cast<std::uint32_t>(workflow_->steps[i].needs.size());
}

outcome<void> run_state::apply(const RunEvent& event) {
  if (event.sequence() != sequence_ + 1)
    return illegal("event " + std::to_string(event.sequence())
                   + " follows event " + std::to_string(sequence_));
  if ((phase_ == phase::nothing) != event.has_submitted())
    return illegal("a history begins with its submission, and has one only");
  const auto before = updated_at_;
  updated_at_ = runtime::from_microseconds(event.at());
  const auto what = event.what_case();
  const auto is_of_work
    = (what >= RunEvent::kClaimed && what <= RunEvent::kCancelled)
      || what == RunEvent::kSpeculated || what == RunEvent::kDropped;
  auto done = is_of_work ? apply_to_work(event) : apply_to_run(event, before);
  if (!done) {
    done.error().message += " (event " + std::to_string(event.sequence()) + ")";
    updated_at_ = before;
    return done;
  }
  sequence_ = event.sequence();
  return {};
}

outcome<void> run_state::apply_to_run(const RunEvent& event, instant before) {
  switch (event.what_case()) {
    case RunEvent::kSubmitted:
      return submit(event.submitted());
    case RunEvent::kQueued:
      return queue(event.queued());
    case RunEvent::kStarted:
      return start();
    case RunEvent::kStepReady:
      return make_ready(event.step_ready());
    case RunEvent::kStepSkipped:
      return skip(event.step_skipped());
    case RunEvent::kSignal:
      return receive(event);
    case RunEvent::kPaused:
      return pause(true);
    case RunEvent::kResumed:
      return pause(false);
    case RunEvent::kCancelRequested:
      return request_cancel(event.cancel_requested());
    case RunEvent::kCompensationStarted:
      return start_compensation(event.compensation_started());
    case RunEvent::kStepRetry:
      return retry(event.step_retry(), before);
    case RunEvent::kEnded:
      return end(event.ended());
    case RunEvent::kTookOver:
      return take_over(event.took_over());
    case RunEvent::kHandedOver:
      return hand_over(event.handed_over());
    case RunEvent::kFailureRun:
      return note_failure_run(event.failure_run());
    case RunEvent::kDeadlineNear:
      return notice_deadline(deadline_notice::near);
    case RunEvent::kDeadlineMissed:
      return notice_deadline(deadline_notice::missed);
    default:
      return illegal("an event of an unknown kind");
  }
}

outcome<void> run_state::apply_to_work(const RunEvent& event) {
  if (phase_ != phase::started && phase_ != phase::compensating)
    return illegal("nothing is done for a run that does not run");
  switch (event.what_case()) {
    case RunEvent::kClaimed:
      return claim(event.claimed());
    case RunEvent::kTaskStarted:
      return begin(event.task_started());
    case RunEvent::kSpeculated:
      return speculate(event.speculated());
    case RunEvent::kDropped:
      return drop(event.dropped());
    case RunEvent::kHeartbeat:
      return beat(event.heartbeat());
    case RunEvent::kWaiting:
      return wait(event.waiting());
    case RunEvent::kSucceeded:
      return succeed(event.succeeded());
    case RunEvent::kFailed:
      return fail(event.failed());
    case RunEvent::kRetry:
      return back_off(event.retry());
    default:
      return cancel(event.cancelled());
  }
}

// -- the run ------------------------------------------------------------------

outcome<void> run_state::submit(const messages::RunSubmitted& event) {
  if (!event.inputs_blob().empty())
    return illegal("the inputs are stored elsewhere, and were not read");
  auto inputs = parse_value(event.inputs());
  if (!inputs)
    return runtime::fail(inputs.error());
  submission_ = event;
  inputs_ = inputs->is_null() ? json::object() : std::move(*inputs);
  phase_ = phase::pending;
  submitted_at_ = updated_at_;
  if (event.timeout_at() != 0)
    timeout_at_ = runtime::from_microseconds(event.timeout_at());
  return {};
}

/// For its concurrency key first, then for its turn among all runs.
outcome<void> run_state::queue(const messages::RunQueued& event) {
  const auto goes_on
    = phase_ == phase::queued && queued_for_.reason() < event.reason();
  if (phase_ != phase::pending && !goes_on)
    return illegal("only a pending run is queued");
  phase_ = phase::queued;
  queued_for_ = event;
  return {};
}

outcome<void> run_state::notice_deadline(deadline_notice what) {
  if (phase_ == phase::ended || what <= deadline_notice_)
    return illegal("a deadline is near once, then missed once");
  deadline_notice_ = what;
  return {};
}

outcome<void> run_state::start() {
  if (phase_ != phase::pending && phase_ != phase::queued)
    return illegal("a run starts once");
  phase_ = phase::started;
  was_started_ = true;
  // In their order, so that what was taken over unblocks what comes next.
  for (const auto step : workflow_->order) {
    if (steps_[step].unmet != 0)
      continue;
    if (!steps_[step].is_taken_over) {
      unblocked_.push_back(step);
    } else if (!steps_[step].is_done()) {
      refill(step);
    } else {
      ++settled_steps_;
      for (const auto next : workflow_->steps[step].needed_by)
        --steps_[next].unmet;
    }
  }
  return {};
}

outcome<void> run_state::pause(bool paused) {
  if (is_paused_ == paused)
    return illegal(paused ? "the run is paused already"
                          : "the run is not paused");
  if (phase_ == phase::ended || phase_ == phase::compensating)
    return illegal("a run that ends is not paused");
  is_paused_ = paused;
  return {};
}

outcome<void>
run_state::request_cancel(const messages::RunCancelRequested& event) {
  if (phase_ == phase::ended)
    return illegal("the run is over");
  if (cancel_ && !event.terminate())
    return illegal("the run is being cancelled already");
  if (phase_ == phase::compensating && !event.terminate())
    return illegal("a run that is being undone is not cancelled");
  if (event.withdrawn() && phase_ != phase::pending)
    return illegal("a run that has begun is not withdrawn");
  cancel_ = event;
  is_paused_ = false;
  if (reason_.empty()) {
    reason_ = event.withdrawn()   ? "withdrawn"
              : event.terminate() ? "terminated"
                                  : "cancelled";
    reason_ += event.by().empty() ? "" : " by " + event.by();
    reason_ += event.reason().empty() ? "" : ": " + event.reason();
  }
  return {};
}

namespace {

run_status status_after(messages::RunEnded::Outcome outcome) {
  switch (outcome) {
    case messages::RunEnded::FAILED:
      return run_status::failed;
    case messages::RunEnded::CANCELLED:
      return run_status::cancelled;
    case messages::RunEnded::COMPENSATED:
      return run_status::compensated;
    default:
      return run_status::completed;
  }
}

} // namespace

outcome<void> run_state::end(const messages::RunEnded& event) {
  using ended = messages::RunEnded;
  if (phase_ == phase::ended)
    return illegal("a run ends once");
  if (busy_ != 0 || idle_ != 0)
    return illegal("a run does not end while it works");
  const auto kind = event.outcome();
  const auto is_sound = (kind == ended::COMPLETED && phase_ == phase::started
                         && is_finished() && !cancel_)
                        || kind == ended::FAILED
                        || (kind == ended::CANCELLED && cancel_)
                        || (kind == ended::COMPENSATED
                            && phase_ == phase::compensating && is_undone());
  if (!is_sound || is_paused_ || !may_become(status(), status_after(kind)))
    return illegal("a run that is " + std::string{to_string(status())}
                   + " does not end as "
                   + messages::RunEnded::Outcome_Name(kind));
  phase_ = phase::ended;
  outcome_ = kind;
  if (kind == ended::COMPLETED)
    reason_.clear();
  else if (!event.reason().empty())
    reason_ = event.reason();
  return {};
}

outcome<void> run_state::receive(const RunEvent& event) {
  if (is_over(status()))
    return illegal("the run is over");
  const auto& id = event.signal().id();
  if (!id.empty() && !signal_ids_.insert(id).second)
    return illegal("the signal was received before");
  signals_.push_back({event.sequence(), event.signal()});
  return {};
}

/// A signal is gone once somebody has acted on it. Zero: there was none.
outcome<void> run_state::take_signal(std::uint64_t sequence,
                                     const task_work& by) {
  if (sequence == 0)
    return {};
  const auto taken
    = std::ranges::find(signals_, sequence, &received_signal::sequence);
  if (taken == signals_.end() || by.status != work_status::waiting
      || by.what != taken->what.name())
    return illegal("a signal that was not there, or not for this task");
  if (!has_bug(planted_bug::keep_signal))
    signals_.erase(taken);
  return {};
}

bool run_state::has_seen_signal(const std::string& id) const {
  return signal_ids_.contains(id);
}

run_status run_state::status() const noexcept {
  if (is_paused_)
    return run_status::paused;
  switch (phase_) {
    case phase::nothing:
    case phase::pending:
      return run_status::pending;
    case phase::queued:
      return run_status::queued;
    case phase::started:
      return busy_ == 0 && idle_ != 0 ? run_status::waiting
                                      : run_status::running;
    case phase::compensating:
      return run_status::compensating;
    case phase::ended:
      break;
  }
  return status_after(outcome_);
}

} // namespace troupe::engine
