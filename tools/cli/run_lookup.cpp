#include "tools/cli/run_lookup.hpp"

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

std::vector<waiting_link> waiting_chain(engine::recorded_runs& runs,
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
  return chain;
}

} // namespace troupe::tools
