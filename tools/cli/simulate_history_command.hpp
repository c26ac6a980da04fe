#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds the subcommands of `troupe simulate` that look at stored runs: runs,
/// show, diff, person, export.
void add_simulate_history_commands(CLI::App& simulate, command_line& line);

} // namespace troupe::tools
