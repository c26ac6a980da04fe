#pragma once

#include "actors/engine/engine_client.hpp"
#include "actors/engine/workflow_check.hpp"
#include "actors/engine/workflow_inputs.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <vector>

namespace troupe::tools {

/// What workflows may refer to on this machine.
[[nodiscard]] engine::workflow_surroundings workflow_surroundings_here();

/// The same with the guards of that server, so that mistakes are told with
/// their place in the file, which the server does not see.
[[nodiscard]] engine::workflow_surroundings
workflow_surroundings_at(engine::engine_client& server);

/// "name=value" each. `invalid_input` for anything else, and for a name that is
/// given twice.
[[nodiscard]] runtime::outcome<engine::input_texts>
split_inputs(const std::vector<std::string>& arguments);

} // namespace troupe::tools
