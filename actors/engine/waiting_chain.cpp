#include "actors/engine/waiting_chain.hpp"

#include "actors/engine/key_holders.hpp"
#include "actors/engine/task_times.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;

namespace {

/// The reasons of this run and of its steps.
std::vector<waiting_link> chain_of(const run_state& run) {
  auto chain = std::vector<waiting_link>{};
  if (auto reason = run.waiting_on())
    chain.push_back({"run " + run.submission().run_id(), std::move(*reason)});
  for (const auto index : run.definition().order)
    if (auto reason = run.waiting_on(index))
      chain.push_back(
        {"step " + run.definition().steps[index].id, std::move(*reason)});
  return chain;
}

/// A task of the step that a worker could have, if nobody works on the step.
std::optional<task_key> ready_task(const run_state& run, step_index index,
                                   instant now) {
  const auto& step = run.steps()[index];
  for (const auto compensation : {true, false}) {
    auto found = std::optional<task_key>{};
    const auto& works = compensation ? step.compensations : step.tasks;
    for (auto item = std::uint32_t{0}; item < works.size(); ++item) {
      if (is_held(works[item].status))
        return std::nullopt;
      if (!found && is_ready(works[item], now))
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
std::optional<waiting_reason> guard_reason(const run_state& run,
                                           const std::string& name,
                                           const engine_then& guards) {
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

/// Says of steps that are ready behind a guard what they wait for there. The
/// chain is that of this run alone.
void name_guards(std::vector<waiting_link>& chain, const run_state& run,
                 const engine_then& guards) {
  if (run.is_paused())
    return;
  const auto& definition = run.definition();
  for (auto index = step_index{0}; index < definition.steps.size(); ++index) {
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

/// Says of steps that are ready why no worker may have them.
void name_placement(std::vector<waiting_link>& chain, const run_state& run,
                    const engine_then& engine) {
  if (!engine.queue)
    return;
  for (const auto& placed : engine.queue->placed()) {
    if (placed.reason().empty())
      continue;
    for (const auto& each : placed.steps()) {
      const auto index = each.run() == run.submission().run_id()
                           ? find_step(run.definition(), each.step())
                           : std::nullopt;
      const auto known = index ? run.waiting_on(*index) : std::nullopt;
      if (!known || !known->is_ready)
        continue;
      // Once for each step: then it says something else.
      for (auto& link : chain)
        if (link.why.detail == known->detail)
          link.why.detail += ", but " + placed.reason();
    }
  }
}

/// What is ready for a worker waits for whoever lets nothing begin.
void name_hold(std::vector<waiting_link>& chain, const recorded_holds& holds) {
  using kind = waiting_reason::kind;
  const auto& hold = holds.paused ? holds.paused : holds.loaded;
  if (!hold)
    return;
  auto detail
    = std::string{holds.paused ? "the queue is paused" : "nothing new begins"};
  detail += hold->by.empty() ? "" : " by " + hold->by;
  detail += hold->reason.empty() ? "" : ": " + hold->reason;
  for (auto& link : chain)
    if (link.why.what == kind::worker && link.why.is_ready) {
      link.why.what = holds.paused ? kind::paused : kind::quota;
      link.why.detail += ", but " + detail;
      link.why.since = hold->since;
    }
}

} // namespace

outcome<std::vector<waiting_link>> waiting_chain(recorded_runs& runs,
                                                 const run_state& run,
                                                 const engine_then& engine) {
  constexpr auto links_max = std::size_t{1'000'000};
  auto chain = chain_of(run);
  name_guards(chain, run, engine);
  name_placement(chain, run, engine);
  // A child's reasons are those of the run that waits for it.
  for (std::size_t i = 0; i < chain.size() && i < links_max; ++i) {
    if (chain[i].why.what != waiting_reason::kind::child_run
        || !chain[i].who.starts_with("step "))
      continue;
    const auto& detail = chain[i].why.detail;
    const auto child = runs.find(detail.substr(detail.rfind(' ') + 1));
    if (!child)
      continue;
    const auto state = runs.fold(child->number, child->workflow_digest);
    if (!state)
      continue;
    auto more = chain_of(**state);
    name_guards(more, **state, engine);
    name_placement(more, **state, engine);
    chain.insert(chain.end(), more.begin(), more.end());
  }
  const auto holds = runs.holds();
  if (!holds)
    return fail(holds.error());
  name_hold(chain, *holds);
  return chain;
}

outcome<void> name_holders(std::vector<waiting_link>& chain,
                           const run_state& run, const std::string& store) {
  for (auto& link : chain) {
    if (link.why.what != waiting_reason::kind::slot
        || run.queued_for().reason() != messages::RunQueued::CONCURRENCY_KEY)
      continue;
    auto holders = find_key_holders(store, run);
    if (!holders)
      return fail(holders.error());
    for (const auto& id : *holders)
      link.why.detail
        += (&id == &holders->front() ? ", held by run " : ", ") + id;
    link.holders = std::move(*holders);
  }
  return {};
}

} // namespace troupe::engine
