#include "tools/cli/guard_waits.hpp"

#include "actors/engine/task_times.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::tools {

using engine::instant;
using engine::task_key;
using engine::waiting_reason;

namespace {

/// A task of the step that a worker could have, if nobody works on the step.
std::optional<task_key> ready_task(const engine::run_state& run,
                                   engine::step_index index, instant now) {
  const auto& step = run.steps()[index];
  for (const auto compensation : {true, false}) {
    auto found = std::optional<task_key>{};
    const auto& works = compensation ? step.compensations : step.tasks;
    for (auto item = std::uint32_t{0}; item < works.size(); ++item) {
      if (engine::is_held(works[item].status))
        return std::nullopt;
      if (!found && engine::is_ready(works[item], now))
        found = task_key{index, item, compensation};
    }
    if (found)
      return found;
  }
  return std::nullopt;
}

waiting_reason::kind kind_of(const messages::GuardState& guard) {
  using kind = waiting_reason::kind;
  for (const auto each : {kind::slot, kind::quota, kind::timer})
    if (guard.waiting_on() == to_string(each))
      return each;
  return kind::slot;
}

/// What a task that is ready behind a guard waits for; nothing: for a worker.
std::optional<waiting_reason> guard_reason(const engine::run_state& run,
                                           const std::string& name,
                                           const guards_then& guards) {
  using kind = waiting_reason::kind;
  if (!guards.states)
    return waiting_reason{kind::worker, "behind guard " + name, {}, {}};
  const auto& all = guards.states->guards();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const messages::GuardState& each) {
                                    return each.name() == name;
                                  });
  if (found == all.end())
    return waiting_reason{
      kind::slot, "the server has no guard " + name, {}, {}};
  if (found->waiting_on().empty()
      || run.submission().priority() < found->closed_from())
    return std::nullopt;
  auto reason = waiting_reason{kind_of(*found), found->waiting_for(), {}, {}};
  if (found->next_check() != 0)
    reason.next_check = runtime::from_microseconds(found->next_check());
  return reason;
}

} // namespace

void name_guards(std::vector<waiting_link>& chain, const engine::run_state& run,
                 const guards_then& guards) {
  if (run.is_paused())
    return;
  const auto& definition = run.definition();
  for (auto index = engine::step_index{0}; index < definition.steps.size();
       ++index) {
    const auto task = ready_task(run, index, guards.at);
    if (!task || call_of(definition, *task).guard.empty())
      continue;
    const auto reason
      = guard_reason(run, call_of(definition, *task).guard, guards);
    const auto known = run.waiting_on(index);
    if (!reason || !known)
      continue;
    // The run waits for what one of its steps waits for.
    for (auto& link : chain)
      if (link.why.detail == known->detail) {
        link.why.what = reason->what;
        link.why.detail = "step " + definition.steps[index].id + " is ready, "
                          + reason->detail;
        if (reason->what != waiting_reason::kind::worker)
          link.why.next_check = reason->next_check;
      }
  }
}

} // namespace troupe::tools
