#include "runtime/guard/circuit_breaker.hpp"

#include "runtime/guard/deadline.hpp"
#include "runtime/guard/retry_policy.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

/// Nothing for what says nothing about the backend.
std::optional<counted_outcome> counted(call_outcome outcome) noexcept {
  switch (outcome) {
    case call_outcome::success:
      return counted_outcome::success;
    case call_outcome::failure:
      return counted_outcome::failure;
    case call_outcome::slow:
      return counted_outcome::slow;
    case call_outcome::ignored:
    case call_outcome::rejected:
    case call_outcome::cancelled:
      break;
  }
  return std::nullopt;
}

/// Why these counts are too bad to go on, among `calls`.
std::optional<transition_reason>
too_bad(const outcome_counts& counts, std::uint32_t calls,
        const circuit_breaker_options& options) noexcept {
  const auto all = static_cast<double>(calls);
  if (counts.failures >= options.failure_ratio * all)
    return transition_reason::failure_ratio;
  if (counts.slow > 0
      && counts.failures + counts.slow >= options.slow_ratio * all)
    return transition_reason::slow_ratio;
  return std::nullopt;
}

} // namespace

circuit_breaker::circuit_breaker(const circuit_breaker_options& options)
  : options_{options}, last_calls_{options.window_calls},
    last_time_{options.window_time} {
  options_.trials = std::max(options_.trials, 1U);
  options_.failures_max = std::max(options_.failures_max, 1U);
  options_.calls_min = std::max(options_.calls_min, 1U);
}

bool circuit_breaker::is_consecutive() const noexcept {
  return options_.mode == breaker_mode::consecutive
         || options_.mode == breaker_mode::consecutive_leaky;
}

circuit_breaker::duration
circuit_breaker::open_time(std::uint64_t draw) const noexcept {
  const auto schedule
    = retry_schedule{0, options_.open_initial, options_.open_factor,
                     options_.open_cap, retry_jitter::none};
  const auto bound = backoff_bound(schedule, opened_in_a_row_);
  const auto share = std::clamp(options_.open_jitter, 0.0, 1.0);
  const auto may_go = duration{
    static_cast<duration::rep>(static_cast<double>(bound.count()) * share)};
  return bound - scale_draw(draw, std::min(may_go, bound));
}

breaker_transition circuit_breaker::enter(breaker_state next,
                                          transition_reason reason,
                                          time_point now, std::uint64_t draw) {
  auto change = breaker_transition{state_, next, reason, now, {}, counts(now)};
  state_ = next;
  ++period_;
  failures_ = 0;
  last_calls_.clear();
  last_time_.clear();
  trials_.clear();
  trial_counts_ = {};
  if (next == breaker_state::closed)
    opened_in_a_row_ = 0;
  if (next == breaker_state::open) {
    ++opened_in_a_row_;
    open_until_ = now + open_time(draw);
    change.open_until = open_until_;
  }
  return change;
}

breaker_state circuit_breaker::state(time_point now) const noexcept {
  return state_ == breaker_state::open && now >= open_until_
           ? breaker_state::half_open
           : state_;
}

std::optional<breaker_transition>
circuit_breaker::expire_trials(time_point now, std::uint64_t draw) {
  const auto is_lost = [&](const auto& trial) { return trial.second <= now; };
  if (std::none_of(trials_.begin(), trials_.end(), is_lost))
    return std::nullopt;
  return enter(breaker_state::open, transition_reason::trial_lost, now, draw);
}

circuit_breaker::answer circuit_breaker::try_acquire(time_point now,
                                                     std::uint64_t draw) {
  auto result = answer{};
  if (auto lost = expire_trials(now, draw))
    result.transitions.push_back(*lost);
  if (state_ == breaker_state::open && now >= open_until_)
    result.transitions.push_back(enter(
      breaker_state::half_open, transition_reason::open_time_over, now, draw));
  if (auto refused = would_refuse(now)) {
    result.decision = *refused;
    return result;
  }
  const auto number = next_number_++;
  if (state_ == breaker_state::half_open)
    trials_.emplace(number, deadline::after(now, options_.trial_timeout).at());
  result.decision = permit{period_, number};
  return result;
}

std::optional<circuit_breaker::refusal>
circuit_breaker::would_refuse(time_point now) const {
  if (state_ == breaker_state::closed)
    return std::nullopt;
  if (state_ == breaker_state::open) {
    if (now >= open_until_)
      return std::nullopt;
    return refusal{breaker_state::open, open_until_ - now};
  }
  if (trials_.size() + trial_counts_.calls < options_.trials)
    return std::nullopt;
  auto last = time_point::min();
  for (const auto& [number, end] : trials_)
    last = std::max(last, end);
  const auto left = std::max(duration{last - now}, duration::zero());
  return refusal{breaker_state::half_open,
                 std::min(left, duration{options_.open_initial})};
}

std::optional<transition_reason>
circuit_breaker::reason_to_open(counted_outcome outcome, time_point now) {
  const auto is_failure = outcome == counted_outcome::failure;
  switch (options_.mode) {
    case breaker_mode::consecutive:
    case breaker_mode::consecutive_leaky:
      if (is_failure)
        ++failures_;
      else if (options_.mode == breaker_mode::consecutive)
        failures_ = 0;
      else if (failures_ > 0)
        --failures_;
      if (failures_ >= options_.failures_max)
        return transition_reason::consecutive_failures;
      return std::nullopt;
    case breaker_mode::count_window:
      last_calls_.add(outcome);
      break;
    case breaker_mode::time_window:
      last_time_.add(outcome, now);
      break;
  }
  const auto seen = counts(now);
  if (seen.calls < options_.calls_min)
    return std::nullopt;
  return too_bad(seen, seen.calls, options_);
}

std::optional<breaker_transition>
circuit_breaker::record_trial(counted_outcome outcome, time_point now,
                              std::uint64_t draw) {
  trial_counts_.add(outcome);
  // Judged as if the trials still out succeed: no need to wait for them.
  const auto is_failed
    = is_consecutive()
        ? trial_counts_.failures > 0
        : too_bad(trial_counts_, options_.trials, options_).has_value();
  if (is_failed)
    return enter(breaker_state::open, transition_reason::trials_failed, now,
                 draw);
  if (trial_counts_.calls < options_.trials)
    return std::nullopt;
  return enter(breaker_state::closed, transition_reason::trials_succeeded, now,
               draw);
}

std::optional<breaker_transition> circuit_breaker::record(const permit& of,
                                                          call_outcome outcome,
                                                          time_point now,
                                                          std::uint64_t draw) {
  if (of.period != period_)
    return std::nullopt;
  const auto counts_as = counted(outcome);
  if (state_ == breaker_state::half_open) {
    if (trials_.erase(of.number) == 0 || !counts_as)
      return std::nullopt;
    return record_trial(*counts_as, now, draw);
  }
  if (!counts_as)
    return std::nullopt;
  const auto reason = reason_to_open(*counts_as, now);
  if (!reason)
    return std::nullopt;
  return enter(breaker_state::open, *reason, now, draw);
}

std::optional<breaker_transition> circuit_breaker::reset(time_point now) {
  if (state_ == breaker_state::closed) {
    failures_ = 0;
    last_calls_.clear();
    last_time_.clear();
    return std::nullopt;
  }
  return enter(breaker_state::closed, transition_reason::reset, now, 0);
}

outcome_counts circuit_breaker::counts(time_point now) {
  if (state_ == breaker_state::half_open)
    return trial_counts_;
  if (is_consecutive())
    return {failures_, failures_, 0};
  return options_.mode == breaker_mode::count_window ? last_calls_.counts()
                                                     : last_time_.counts(now);
}

circuit_breaker::record_of_state
circuit_breaker::save(time_point now) const noexcept {
  const auto left = state_ == breaker_state::open
                      ? std::max(duration{open_until_ - now}, duration::zero())
                      : duration::zero();
  return {state_, left, opened_in_a_row_};
}

std::optional<breaker_transition>
circuit_breaker::restore(const record_of_state& saved, duration age,
                         time_point now) {
  if (saved.state == breaker_state::closed)
    return std::nullopt;
  const auto left
    = std::clamp(saved.open_left, duration::zero(),
                 std::max(options_.open_cap, options_.open_initial));
  auto change = enter(breaker_state::open, transition_reason::restored, now, 0);
  opened_in_a_row_ = std::max(saved.opened_in_a_row, 1U);
  open_until_ = now + left - std::clamp(age, duration::zero(), left);
  change.open_until = open_until_;
  return change;
}

} // namespace troupe::runtime
