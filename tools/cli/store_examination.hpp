#pragma once

#include "actors/engine/run_check.hpp"
#include "actors/scoring/scoring_check.hpp"
#include "actors/simulation/simulation_check.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <vector>

namespace troupe::tools {

/// What a store holds, and all that is wrong with it.
struct store_examination {
  scoring::check_result scorings; ///< Its problems are below.
  engine::run_check_result runs; ///< The same.
  simulation::simulation_check_result simulations; ///< The same.
  std::vector<runtime::problem> problems;
};

/// Examines the file, its schema and what each subsystem left in it; changes
/// nothing. One problem of another kind than `failed`: there is no store.
[[nodiscard]] store_examination examine_store(const std::string& path);

} // namespace troupe::tools
