#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// `prune`, below `troupe run`.
void add_run_prune_command(CLI::App& run, command_line& line);

} // namespace troupe::tools
