#pragma once

#include "actors/engine/workflow.hpp"

#include <random>
#include <string>
#include <vector>

namespace troupe::tests {

/// What else than work and time there is in a workflow.
struct workflow_variety {
  bool signals = false; ///< Also approvals, by the role "operator".
  std::string child; ///< The workflow that steps start; empty: none.
  std::vector<std::string> guards = {}; ///< One or none for each step.
};

/// A workflow of up to 12 steps: random needs, retries, timeouts, fan-outs and
/// compensations; some steps wait for time instead of working.
[[nodiscard]] engine::workflow random_workflow(std::mt19937_64& random,
                                               workflow_variety variety = {});

/// Some of its steps ask for a zone ("a", "b"), for data, or to be spread.
void place_steps(engine::workflow& of, std::mt19937_64& random);

} // namespace troupe::tests
