#include "runtime/guard/guard_events.hpp"

namespace troupe::runtime {

std::string_view to_string(guard_layer layer) noexcept {
  switch (layer) {
    case guard_layer::rate:
      return "rate";
    case guard_layer::quota:
      return "quota";
    case guard_layer::bulkhead:
      return "bulkhead";
    case guard_layer::deadline:
      return "deadline";
    case guard_layer::retry:
      return "retry";
    case guard_layer::breaker:
      return "breaker";
    case guard_layer::attempt:
      break;
  }
  return "attempt";
}

std::string_view to_string(guard_reason reason) noexcept {
  switch (reason) {
    case guard_reason::rate_exceeded:
      return "rate_exceeded";
    case guard_reason::quota_exhausted:
      return "quota_exhausted";
    case guard_reason::quota_reserved:
      return "quota_reserved";
    case guard_reason::too_large:
      return "too_large";
    case guard_reason::queue_full:
      return "queue_full";
    case guard_reason::queue_timeout:
      return "queue_timeout";
    case guard_reason::displaced:
      return "displaced";
    case guard_reason::deadline_passed:
      return "deadline_passed";
    case guard_reason::known_id:
      return "known_id";
    case guard_reason::too_many_calls:
      return "too_many_calls";
    case guard_reason::circuit_open:
      return "circuit_open";
    case guard_reason::error_not_retried:
      return "error_not_retried";
    case guard_reason::attempts_used:
      return "attempts_used";
    case guard_reason::retry_budget_empty:
      return "retry_budget_empty";
    case guard_reason::cancelled:
      break;
  }
  return "cancelled";
}

std::string_view to_string(breaker_state state) noexcept {
  switch (state) {
    case breaker_state::closed:
      return "closed";
    case breaker_state::open:
      return "open";
    case breaker_state::half_open:
      break;
  }
  return "half_open";
}

std::string_view to_string(transition_reason reason) noexcept {
  switch (reason) {
    case transition_reason::failure_ratio:
      return "failure_ratio";
    case transition_reason::slow_ratio:
      return "slow_ratio";
    case transition_reason::consecutive_failures:
      return "consecutive_failures";
    case transition_reason::open_time_over:
      return "open_time_over";
    case transition_reason::trials_failed:
      return "trials_failed";
    case transition_reason::trial_lost:
      return "trial_lost";
    case transition_reason::trials_succeeded:
      return "trials_succeeded";
    case transition_reason::reset:
      return "reset";
    case transition_reason::restored:
      break;
  }
  return "restored";
}

} // namespace troupe::runtime
