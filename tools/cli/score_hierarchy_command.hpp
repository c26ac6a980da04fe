#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds `hierarchy` to `score`: a stored run as a tree, summed upwards.
void add_score_hierarchy_command(CLI::App& score, command_line& line);

} // namespace troupe::tools
