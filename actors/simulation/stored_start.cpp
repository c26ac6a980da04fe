#include "actors/simulation/stored_start.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_messages.hpp"

#include <utility>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;

outcome<stored_start> load_start(simulation_history& history,
                                 stored_simulation run) {
  const auto text = history.load_scenario_text(run);
  if (!text)
    return fail(text.error());
  auto parameters = parse_canonical_text(*text);
  if (!parameters)
    return fail(damaged_run(run, "the scenario"));
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
