#include "actors/simulation/stored_start.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/simulation_messages.hpp"

#include <utility>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;

outcome<stored_start> load_start(simulation_history& history,
                                 stored_simulation run) {
  auto parameters = history.load_scenario(run);
  if (!parameters)
    return fail(parameters.error());
  auto ids = history.load_ids(run);
  if (!ids)
    return fail(ids.error());
  auto checkpoint = history.load_checkpoint(run);
  if (!checkpoint)
    return fail(checkpoint.error());
  const auto years = history.load_years(run);
  if (!years)
    return fail(years.error());
  auto start = stored_start{.run = std::move(run), .options = {}};
  start.options.parameters = std::move(*parameters);
  start.options.ids = std::move(*ids);
  start.options.everybody = to_block(join_blocks(std::move(checkpoint->staff)));
  for (const auto& year : *years)
    start.options.before.push_back(year.totals);
  return start;
}

} // namespace troupe::simulation
