#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds what only looks at the store to `troupe run`: list, show, why, history.
void add_run_history_commands(CLI::App& run, command_line& line);

} // namespace troupe::tools
