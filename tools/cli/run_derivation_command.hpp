#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds what starts a run that goes on from another one to `troupe run`: rerun,
/// reset.
void add_run_derivation_commands(CLI::App& run, command_line& line);

} // namespace troupe::tools
