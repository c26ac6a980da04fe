#include "tools/cli/store_examination.hpp"

#include "actors/engine/run_records.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "actors/simulation/simulation_schema.hpp"
#include "runtime/store/store_check.hpp"

#include <iterator>
#include <utility>

namespace troupe::tools {

store_examination examine_store(const std::string& path) {
  auto schema = scoring::scoring_schema();
  for (const auto* more :
       {&engine::engine_schema(), &scheduler::scheduler_schema(),
        &simulation::simulation_schema()})
    schema.insert(schema.end(), more->begin(), more->end());
  auto found = store_examination{};
  const auto add = [&](std::vector<runtime::problem> problems) {
    found.problems.insert(found.problems.end(),
                          std::make_move_iterator(problems.begin()),
                          std::make_move_iterator(problems.end()));
  };
  add(runtime::check_store(path, schema));
  if (found.problems.size() == 1
      && found.problems.front().kind != runtime::problem_kind::failed)
    return found;
  found.scorings = scoring::check_scorings(path);
  add(std::exchange(found.scorings.problems, {}));
  found.runs = engine::check_runs(path);
  add(std::exchange(found.runs.problems, {}));
  found.simulations = simulation::check_simulations(path);
  add(std::exchange(found.simulations.problems, {}));
  return found;
}

} // namespace troupe::tools
