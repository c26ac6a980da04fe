#pragma once

#include "actors/engine/workflow.hpp"
#include "actors/engine/workflow_plan.hpp"

#include <string>

namespace troupe::tools {

/// A plan for people: what holds for the run, then a table of its steps in
/// order, each with its limits on the line below.
[[nodiscard]] std::string render_plan(const engine::workflow& of,
                                      const engine::workflow_plan& plan);

/// "id: valid, 5 steps in 4 layers, digest 0123456789abcdef".
[[nodiscard]] std::string render_summary(const engine::workflow& of);

} // namespace troupe::tools
