#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds what is asked of the weights of a stored run to `score`: stability,
/// what-if.
void add_score_weights_commands(CLI::App& score, command_line& line);

} // namespace troupe::tools
