#include "tools/cli/run_lookup.hpp"

#include "actors/engine/key_holders.hpp"

#include <cstddef>
#include <utility>

namespace troupe::tools {

using runtime::fail;
using runtime::outcome;

outcome<found_run> find_run(engine::recorded_runs& runs,
                            std::string_view name) {
  auto record = runs.find(name);
  if (!record)
    return fail(record.error());
  auto state = runs.fold(record->number, record->workflow_digest);
  if (!state)
    return fail(state.error());
  return found_run{std::move(*record), std::move(*state)};
}

namespace {

/// What is ready for a worker waits for whoever lets nothing begin.
void name_hold(std::vector<waiting_link>& chain,
               const engine::recorded_holds& holds) {
  using kind = engine::waiting_reason::kind;
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

outcome<void> name_holders(std::vector<waiting_link>& chain,
                           const engine::run_state& run,
                           const std::string& store) {
  for (auto& link : chain) {
    if (link.why.what != engine::waiting_reason::kind::slot
        || run.queued_for().reason() != messages::RunQueued::CONCURRENCY_KEY)
      continue;
    auto holders = engine::find_key_holders(store, run);
    if (!holders)
      return fail(holders.error());
    for (const auto& id : *holders)
      link.why.detail
        += (&id == &holders->front() ? ", held by run " : ", ") + id;
    link.holders = std::move(*holders);
  }
  return {};
}

outcome<std::vector<waiting_link>> waiting_chain(engine::recorded_runs& runs,
                                                 const found_run& run,
                                                 const guards_then& guards) {
  constexpr auto links_max = std::size_t{1'000'000};
  auto chain = waiting_chain(*run.state);
  name_guards(chain, *run.state, guards);
  // A child's reasons are those of the run that waits for it.
  for (std::size_t i = 0; i < chain.size() && i < links_max; ++i) {
    if (chain[i].why.what != engine::waiting_reason::kind::child_run
        || !chain[i].who.starts_with("step "))
      continue;
    const auto& detail = chain[i].why.detail;
    const auto child = find_run(runs, detail.substr(detail.rfind(' ') + 1));
    if (!child)
      continue;
    auto more = waiting_chain(*child->state);
    name_guards(more, *child->state, guards);
    chain.insert(chain.end(), more.begin(), more.end());
  }
  const auto holds = runs.holds();
  if (!holds)
    return fail(holds.error());
  name_hold(chain, *holds);
  return chain;
}

} // namespace troupe::tools
