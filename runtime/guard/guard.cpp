#include "runtime/guard/guard.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

constexpr auto never = clock::steady_time::max();
using duration = std::chrono::nanoseconds;

/// The kind of the error that is an attempt without an answer.
constexpr auto timeout_kind = "timeout";

/// One draw for many calls: multiplying by an odd number loses nothing.
constexpr std::uint64_t draw_for(std::uint64_t call,
                                 std::uint64_t draw) noexcept {
  return draw * (2 * call + 1);
}

quota_caller caller_of(const guard_call& call) noexcept {
  return call.rank <= call_class::high ? quota_caller::priority
                                       : quota_caller::normal;
}

guard_refusal describe(const quota_refusal& refused, clock::wall_time now) {
  using kind = quota_refusal::reason_kind;
  switch (refused.reason) {
    case kind::never:
      return {guard_layer::quota, guard_reason::too_large, std::nullopt};
    case kind::reserved:
      return {guard_layer::quota, guard_reason::quota_reserved,
              refused.resets_at - now};
    case kind::exhausted:
      break;
  }
  return {guard_layer::quota, guard_reason::quota_exhausted,
          refused.resets_at - now};
}

guard_refusal describe(const bulkhead::refused& refused) {
  switch (refused.reason) {
    case bulkhead::refusal_reason::known_id:
      return {guard_layer::bulkhead, guard_reason::known_id, std::nullopt};
    case bulkhead::refusal_reason::deadline_passed:
      return {guard_layer::deadline, guard_reason::deadline_passed,
              std::nullopt};
    case bulkhead::refusal_reason::queue_full:
      break;
  }
  return {guard_layer::bulkhead, guard_reason::queue_full, refused.retry_after};
}

} // namespace

guard::guard(guard_options options, guard_time now)
  : options_{std::move(options)}, budget_{options_.budget, now.steady} {
  if (options_.rate)
    rate_.emplace(*options_.rate);
  if (options_.quota)
    quota_.emplace(*options_.quota);
  if (options_.bulkhead)
    bulkhead_.emplace(*options_.bulkhead);
  if (options_.retry)
    retry_.emplace(*options_.retry);
  if (options_.breaker)
    breaker_.emplace(*options_.breaker);
}

guard_time guard::not_back(guard_time now) noexcept {
  latest_ = std::max(latest_, now.steady);
  now.steady = latest_;
  return now;
}

void guard::set_due(entry& of, clock::steady_time due) {
  if (of.due != never)
    timers_.erase({of.due, of.call.id});
  of.due = due;
  if (due != never)
    timers_.emplace(due, of.call.id);
}

void guard::forget(std::uint64_t call) {
  set_due(calls_.at(call), never);
  calls_.erase(call);
}

void guard::end(std::uint64_t call, const guard_refusal& why) {
  events_.emplace_back(call_ended{call, why, calls_.at(call).timeline});
  forget(call);
}

std::optional<guard_refusal> guard::breaker_refusal(guard_time now) const {
  if (!breaker_)
    return std::nullopt;
  const auto refused = breaker_->would_refuse(now.steady);
  if (!refused)
    return std::nullopt;
  return guard_refusal{guard_layer::breaker, guard_reason::circuit_open,
                       refused->retry_after};
}

std::optional<guard_refusal> guard::check_gates(const guard_call& call,
                                                guard_time now) {
  if (rate_) {
    const auto wait = rate_->wait(now.steady, call.cost);
    if (wait == duration::max())
      return guard_refusal{guard_layer::rate, guard_reason::too_large,
                           std::nullopt};
    if (wait > duration::zero())
      return guard_refusal{guard_layer::rate, guard_reason::rate_exceeded,
                           wait};
  }
  if (quota_) {
    if (const auto refused
        = quota_->check(now.wall, caller_of(call), call.cost))
      return describe(*refused, now.wall);
  }
  return breaker_refusal(now);
}

void guard::pay(const guard_call& call, guard_time now) {
  if (rate_)
    static_cast<void>(rate_->try_acquire(now.steady, call.cost));
  if (quota_) {
    for (const auto& warning : quota_->take(now.wall, call.cost))
      events_.emplace_back(warning);
  }
}

/// When the circuit opens, those who wait for a slot go.
void guard::note(const std::optional<breaker_transition>& change,
                 guard_time now) {
  if (!change)
    return;
  events_.emplace_back(*change);
  if (change->to != breaker_state::open || !bulkhead_)
    return;
  const auto why = guard_refusal{
    guard_layer::breaker, guard_reason::circuit_open,
    std::max(duration{change->open_until - now.steady}, duration::zero())};
  for (const auto id : bulkhead_->queue()) {
    static_cast<void>(bulkhead_->withdraw(id));
    auto& waiting = calls_.at(id);
    waiting.timeline.in(guard_layer::bulkhead) += now.steady - waiting.since;
    end(id, why);
  }
}

bulkhead::decision guard::enter_bulkhead(const entry& of, guard_time now) {
  if (!bulkhead_) {
    if (of.until.is_passed(now.steady))
      return bulkhead::refused{bulkhead::refusal_reason::deadline_passed, {}};
    return bulkhead::admitted{};
  }
  auto decided = bulkhead_->admit(
    {of.call.id, of.call.rank, of.until, of.sequence}, now.steady);
  const auto* const queued = std::get_if<bulkhead::queued>(&decided);
  if (queued != nullptr && queued->displaced) {
    auto& loser = calls_.at(*queued->displaced);
    loser.timeline.in(guard_layer::bulkhead) += now.steady - loser.since;
    end(*queued->displaced, {guard_layer::bulkhead, guard_reason::displaced,
                             bulkhead_->expected_wait()});
  }
  return decided;
}

guard_permit guard::start(entry& of, circuit_breaker::permit permit,
                          guard_time now) {
  of.at = stage::running;
  of.since = now.steady;
  of.permit = permit;
  ++of.timeline.attempts;
  const auto ends = deadline::after(now.steady, options_.attempt_timeout)
                      .earlier(of.until)
                      .at();
  set_due(of, ends);
  return {of.call.id, of.timeline.attempts, ends};
}

/// For a call that has a slot: it runs, or the circuit refuses it.
void guard::try_start(entry& of, guard_time now, std::uint64_t draw) {
  auto permit = circuit_breaker::permit{};
  if (breaker_) {
    const auto answer
      = breaker_->try_acquire(now.steady, draw_for(of.call.id, draw));
    const auto id = of.call.id;
    for (const auto& change : answer.transitions)
      note(change, now);
    if (const auto* const refused
        = std::get_if<circuit_breaker::refusal>(&answer.decision)) {
      if (bulkhead_)
        static_cast<void>(bulkhead_->release(id, now.steady));
      return end(id, {guard_layer::breaker, guard_reason::circuit_open,
                      refused->retry_after});
    }
    permit = std::get<circuit_breaker::permit>(answer.decision);
  }
  events_.emplace_back(call_started{start(of, permit, now)});
}

/// Hands out free slots until nobody is there to take one.
void guard::pump(guard_time now, std::uint64_t draw) {
  if (!bulkhead_)
    return;
  for (auto results = bulkhead_->advance(now.steady); !results.empty();
       results = bulkhead_->advance(now.steady)) {
    for (const auto& result : results) {
      auto& of = calls_.at(result.id);
      of.timeline.in(guard_layer::bulkhead) += result.waited;
      switch (result.end) {
        case bulkhead::waiting_end::granted:
          try_start(of, now, draw);
          break;
        case bulkhead::waiting_end::queue_timeout:
          end(result.id, {guard_layer::bulkhead, guard_reason::queue_timeout,
                          bulkhead_->expected_wait()});
          break;
        case bulkhead::waiting_end::deadline_passed:
          end(result.id, {guard_layer::deadline, guard_reason::deadline_passed,
                          std::nullopt});
          break;
      }
    }
  }
}

admission guard::admit(const guard_call& call, guard_time at,
                       std::uint64_t draw) {
  const auto now = not_back(at);
  if (calls_.contains(call.id))
    return guard_refusal{guard_layer::bulkhead, guard_reason::known_id,
                         std::nullopt};
  if (calls_.size() >= options_.calls_max)
    return guard_refusal{guard_layer::bulkhead, guard_reason::too_many_calls,
                         bulkhead_ ? bulkhead_->expected_wait() : duration{}};
  if (breaker_)
    note(breaker_->expire_trials(now.steady, draw), now);
  if (const auto refused = check_gates(call, now))
    return *refused;
  auto fresh = entry{};
  fresh.call = call;
  fresh.until = deadline::after(now.steady, options_.deadline)
                  .earlier(deadline::after(now.steady, call.deadline));
  fresh.sequence = next_sequence_++;
  fresh.since = now.steady;
  const auto decided = enter_bulkhead(fresh, now);
  if (const auto* const refused = std::get_if<bulkhead::refused>(&decided))
    return describe(*refused);
  pay(call, now);
  if (!call.is_retry)
    budget_.deposit();
  auto& of = calls_.emplace(call.id, std::move(fresh)).first->second;
  if (std::holds_alternative<bulkhead::queued>(decided))
    return guard_queued{};
  auto permit = circuit_breaker::permit{};
  if (breaker_) {
    const auto answer
      = breaker_->try_acquire(now.steady, draw_for(call.id, draw));
    for (const auto& change : answer.transitions)
      note(change, now);
    // The gates have asked it already.
    permit = std::get<circuit_breaker::permit>(answer.decision);
  }
  return start(of, permit, now);
}

std::optional<guard_refusal> guard::would_refuse(const guard_call& call,
                                                 guard_time at) {
  if (auto refused = check_gates(call, not_back(at)))
    return refused;
  if (bulkhead_ && !bulkhead_->has_room())
    return guard_refusal{guard_layer::bulkhead, guard_reason::queue_full, {}};
  return std::nullopt;
}

bool guard::try_retry(guard_time at) {
  return budget_.try_withdraw(not_back(at).steady);
}

void guard::close_attempt(entry& of, call_outcome outcome, guard_time now,
                          std::uint64_t draw) {
  const auto took = duration{now.steady - of.since};
  of.timeline.in(guard_layer::attempt) += took;
  set_due(of, never);
  if (bulkhead_)
    static_cast<void>(bulkhead_->release(of.call.id, now.steady));
  if (!breaker_)
    return;
  if (outcome == call_outcome::success && breaker_->is_slow(took))
    outcome = call_outcome::slow;
  note(breaker_->record(of.permit, outcome, now.steady,
                        draw_for(of.call.id, draw)),
       now);
}

completion guard::conclude(entry& of, const attempt_report& report,
                           guard_time now, std::uint64_t draw) {
  close_attempt(of, report.outcome, now, draw);
  if (report.outcome == call_outcome::failure
      || report.outcome == call_outcome::rejected)
    return after_failure(of, report, now, draw);
  auto done = guard_done{of.timeline};
  forget(of.call.id);
  return done;
}

completion guard::after_failure(entry& of, const attempt_report& report,
                                guard_time now, std::uint64_t draw) {
  const auto give_up = [&](const guard_refusal& why) -> completion {
    auto given_up = guard_given_up{why, of.timeline};
    forget(of.call.id);
    return given_up;
  };
  ++of.failures;
  if (!retry_)
    return give_up({guard_layer::retry, guard_reason::attempts_used, {}});
  const auto backoff
    = retry_->delay(report.error_kind, of.failures, draw_for(of.call.id, draw));
  if (!backoff)
    return give_up({guard_layer::retry,
                    retry_->is_retried(report.error_kind)
                      ? guard_reason::attempts_used
                      : guard_reason::error_not_retried,
                    {}});
  if (const auto refused = breaker_refusal(now))
    return give_up(*refused);
  const auto delay = std::max(*backoff, report.retry_after);
  if (delay >= of.until.remaining(now.steady))
    return give_up({guard_layer::deadline, guard_reason::deadline_passed, {}});
  if (!budget_.try_withdraw(now.steady))
    return give_up({guard_layer::retry, guard_reason::retry_budget_empty, {}});
  of.at = stage::backing_off;
  of.since = now.steady;
  const auto next = deadline::after(now.steady, std::max(delay, duration{1}));
  set_due(of, next.at());
  return guard_retry{next.at()};
}

completion guard::finished(std::uint64_t call, std::uint32_t attempt,
                           const attempt_report& report, guard_time at,
                           std::uint64_t draw) {
  const auto now = not_back(at);
  const auto found = calls_.find(call);
  if (found == calls_.end() || found->second.at != stage::running
      || found->second.timeline.attempts != attempt) {
    events_.emplace_back(stale_report{call, attempt});
    return stale_report{call, attempt};
  }
  auto result = conclude(found->second, report, now, draw);
  pump(now, draw);
  return result;
}

bool guard::cancel(std::uint64_t call, guard_time at, std::uint64_t draw) {
  const auto now = not_back(at);
  const auto found = calls_.find(call);
  if (found == calls_.end())
    return false;
  if (found->second.at == stage::running)
    close_attempt(found->second, call_outcome::cancelled, now, draw);
  else if (bulkhead_)
    static_cast<void>(bulkhead_->withdraw(call));
  forget(call);
  pump(now, draw);
  return true;
}

/// The time between two attempts is over.
void guard::resume(entry& of, guard_time now, std::uint64_t draw) {
  const auto id = of.call.id;
  of.timeline.in(of.at == stage::rate_wait ? guard_layer::rate
                                           : guard_layer::retry)
    += now.steady - of.since;
  of.since = now.steady;
  set_due(of, never);
  if (const auto refused = check_gates(of.call, now)) {
    const auto may_wait
      = refused->reason == guard_reason::rate_exceeded
        && *refused->retry_after < of.until.remaining(now.steady);
    if (!may_wait)
      return end(id, *refused);
    of.at = stage::rate_wait;
    return set_due(of, deadline::after(now.steady, *refused->retry_after).at());
  }
  const auto decided = enter_bulkhead(of, now);
  if (const auto* const refused = std::get_if<bulkhead::refused>(&decided))
    return end(id, describe(*refused));
  pay(of.call, now);
  if (std::holds_alternative<bulkhead::queued>(decided))
    of.at = stage::queued;
  else
    try_start(of, now, draw);
}

/// An attempt did not end in time: its own, or that of the call.
void guard::run_out(entry& of, guard_time now, std::uint64_t draw) {
  const auto id = of.call.id;
  const auto took = duration{now.steady - of.since};
  events_.emplace_back(attempt_timed_out{id, of.timeline.attempts});
  const auto is_full = options_.attempt_timeout > duration::zero()
                       && took >= options_.attempt_timeout;
  if (!is_full) {
    // The backend is to blame only for what would be slow anyway.
    const auto is_slow = breaker_ && breaker_->is_slow(took);
    close_attempt(of, is_slow ? call_outcome::slow : call_outcome::cancelled,
                  now, draw);
    return end(id, {guard_layer::deadline, guard_reason::deadline_passed, {}});
  }
  const auto result
    = conclude(of, {call_outcome::failure, timeout_kind, {}}, now, draw);
  if (const auto* const again = std::get_if<guard_retry>(&result))
    events_.emplace_back(retry_scheduled{id, again->at});
  if (const auto* const over = std::get_if<guard_given_up>(&result))
    events_.emplace_back(call_ended{id, over->why, over->timeline});
}

void guard::tick(guard_time at, std::uint64_t draw) {
  const auto now = not_back(at);
  if (breaker_)
    note(breaker_->expire_trials(now.steady, draw), now);
  while (!timers_.empty() && timers_.begin()->first <= now.steady) {
    auto& of = calls_.at(timers_.begin()->second);
    if (of.at == stage::running)
      run_out(of, now, draw);
    else
      resume(of, now, draw);
  }
  pump(now, draw);
}

std::optional<clock::steady_time> guard::next_check() const {
  auto next = bulkhead_ ? bulkhead_->next_check() : std::nullopt;
  if (!timers_.empty() && (!next || timers_.begin()->first < *next))
    next = timers_.begin()->first;
  return next;
}

guard_status guard::status(guard_time at) {
  const auto now = not_back(at);
  auto result = guard_status{};
  for (const auto& [id, of] : calls_) {
    result.running += of.at == stage::running ? 1U : 0U;
    result.waiting += of.at == stage::queued ? 1U : 0U;
    result.backing_off
      += of.at == stage::backing_off || of.at == stage::rate_wait ? 1U : 0U;
  }
  if (breaker_)
    result.breaker = breaker_->state(now.steady);
  if (quota_)
    result.quota_used = quota_->used(now.wall);
  result.retries_available = budget_.available(now.steady);
  return result;
}

std::optional<guard_timeline> guard::timeline(std::uint64_t call) const {
  const auto found = calls_.find(call);
  if (found == calls_.end())
    return std::nullopt;
  return found->second.timeline;
}

void guard::reset(guard_time at) {
  const auto now = not_back(at);
  if (breaker_)
    note(breaker_->reset(now.steady), now);
}

} // namespace troupe::runtime
