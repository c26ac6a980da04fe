#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"

#include <algorithm>
#include <utility>

// How many runs are let in and go at once, and when nothing new begins.

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;

namespace {

/// Those that other runs start must not wait for these.
bool is_counted(const run_state& run) {
  return run.submission().parent_run().empty()
         && run.submission().failure_of().empty();
}

} // namespace

// -- submissions --------------------------------------------------------------

outcome<void> run_ledger::check_rate(const run_request& request) {
  if (!submissions_)
    return {};
  using time_point = runtime::rate_limit::time_point;
  const auto at = time_point{context_.now.time_since_epoch()};
  if (submissions_->try_acquire(at))
    return {};
  const auto wait
    = std::chrono::ceil<std::chrono::seconds>(submissions_->wait(at));
  auto refusal = runtime::fail(
    problem_kind::unavailable,
    "more than " + std::to_string(options_.submissions_per_minute)
      + " runs were submitted in a minute (--submissions-per-minute)",
    "try again in " + std::to_string(std::max<std::int64_t>(1, wait.count()))
      + " s");
  note_refusal(refusals_.rate, request, refusal.value());
  return refusal;
}

void run_ledger::note_refusal(std::uint64_t& count, const run_request& request,
                              const runtime::problem& reason) {
  ++count;
  refusals_.last = {request.by, reason.message, context_.now};
}

// -- runs at once -------------------------------------------------------------

/// Starts the run, or lets it wait for its turn among all runs.
void run_ledger::start_in_turn(live_run& live) {
  if (options_.running_max != 0 && is_counted(*live.state)) {
    if ((going_.size() >= options_.running_max || !awaiting_turn_.empty())
        && !has_bug(planted_bug::ignore_turn)) {
      awaiting_turn_.emplace(live.state->submission().priority(), live.number);
      decide_on(live, [&](run_decision& it) {
        auto why = messages::RunQueued{};
        why.set_reason(messages::RunQueued::RUNNING_MAX);
        why.set_limit(options_.running_max);
        return it.queue(std::move(why));
      });
      return fill_turns();
    }
    going_.insert(live.number);
  }
  decide_on(live, [](run_decision& it) { return it.start(); });
}

/// The most important start, of these the oldest, once what is at hand is
/// settled.
void run_ledger::fill_turns() {
  while (
    !awaiting_turn_.empty()
    && (options_.running_max == 0 || going_.size() < options_.running_max)) {
    const auto next = awaiting_turn_.begin()->second;
    awaiting_turn_.erase(awaiting_turn_.begin());
    going_.insert(next);
    deferred_.push_back([this, next] {
      if (auto* waiting = find_live(next))
        decide_on(*waiting, [](run_decision& it) { return it.start(); });
    });
  }
}

void run_ledger::leave_turn(const live_run& live) {
  going_.erase(live.number);
  awaiting_turn_.erase({live.state->submission().priority(), live.number});
  fill_turns();
}

/// Of a run that was there before: beyond the limit, if need be.
void run_ledger::restore_turn(const live_run& live) {
  const auto& state = *live.state;
  if (is_over(state.status()) || !is_counted(state))
    return;
  if (state.has_started() && options_.running_max != 0)
    going_.insert(live.number);
  // Also if it was paused meanwhile.
  else if (!state.has_started()
           && state.queued_for().reason() == messages::RunQueued::RUNNING_MAX)
    awaiting_turn_.emplace(state.submission().priority(), live.number);
}

// -- the queue as a whole -----------------------------------------------------

outcome<void> run_ledger::pause_queue(queue_hold why) {
  if (paused_)
    return runtime::fail(problem_kind::conflict,
                         "the queue is paused already"
                           + (paused_->by.empty() ? "" : ", by " + paused_->by),
                         "see it with troupe queue show");
  paused_ = std::move(why);
  return {};
}

outcome<void> run_ledger::resume_queue() {
  if (!paused_)
    return runtime::fail(problem_kind::conflict, "the queue is not paused");
  paused_.reset();
  return {};
}

void run_ledger::hold_queue(std::optional<std::string> reason) {
  if (!reason)
    return loaded_.reset();
  const auto since = loaded_ ? loaded_->since : context_.now;
  loaded_ = queue_hold{{}, std::move(*reason), since};
}

} // namespace troupe::engine
