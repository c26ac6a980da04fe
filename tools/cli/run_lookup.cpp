#include "tools/cli/run_lookup.hpp"

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

} // namespace troupe::tools
