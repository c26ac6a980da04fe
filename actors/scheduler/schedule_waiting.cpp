#include "actors/scheduler/schedule_decision.hpp"

#include <algorithm>

namespace troupe::scheduler {

using messages::ScheduleStart;

bool is_used_up(const schedule_definition& of, const schedule_state& state) {
  return of.max_runs != 0 && state.fired_count() >= of.max_runs;
}

bool may_look_ahead(const schedule_definition& of,
                    const schedule_state& state) {
  if (state.is_paused() || !state.held().empty() || !of.after.empty())
    return false;
  // A run that ends lets others go, or pauses the schedule.
  return state.active().empty()
         || (of.overlap == overlap_policy::allow_all
             && of.pause_on_failures == 0
             && state.active().size() < decision_bounds::active_max);
}

dependency_verdict judge_dependencies(const schedule_definition& of,
                                      const schedule_recurrence& recurrence,
                                      const schedule_state& state,
                                      instant due) {
  if (of.after.empty())
    return dependency_verdict::ready;
  const auto since = recurrence.previous(due).value_or(instant::min());
  auto verdict = dependency_verdict::ready;
  for (const auto& id : of.after) {
    const auto* result = state.find_dependency(id);
    const auto is_fresh = result != nullptr && result->ended_at > since;
    if (is_fresh
        && (result->has_succeeded
            || of.after_failure == dependency_policy::run_anyway))
      continue;
    if (is_fresh && of.after_failure == dependency_policy::skip)
      return dependency_verdict::failed;
    verdict = dependency_verdict::wait;
  }
  return verdict;
}

schedule_waiting waiting_on(const schedule_definition& of,
                            const schedule_recurrence& recurrence,
                            const schedule_state& state) {
  using reason = schedule_waiting::reason;
  if (state.is_paused())
    return {reason::paused, std::nullopt};
  auto result = schedule_waiting{};
  const auto due = is_used_up(of, state)
                     ? std::nullopt
                     : recurrence.next(state.decided_until());
  if (due)
    result.next_check = recurrence.start_of(*due);
  if (state.held().empty()) {
    result.on = due ? reason::timer : reason::over;
    return result;
  }
  const auto& first = state.held().begin()->first;
  const auto waits = first.kind == ScheduleStart::SCHEDULED
                     && judge_dependencies(of, recurrence, state, first.due)
                          == dependency_verdict::wait;
  result.on = waits ? reason::dependency : reason::run;
  return result;
}

} // namespace troupe::scheduler
