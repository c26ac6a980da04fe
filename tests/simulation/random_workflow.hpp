#pragma once

#include "actors/engine/workflow.hpp"

#include <random>

namespace troupe::tests {

/// A workflow of up to 12 steps: random needs, retries, timeouts, fan-outs and
/// compensations; some steps wait for time instead of working.
[[nodiscard]] engine::workflow random_workflow(std::mt19937_64& random);

} // namespace troupe::tests
