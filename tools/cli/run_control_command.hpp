#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds what asks a server to `troupe run`: start, watch, cancel, terminate,
/// pause, resume, retry, signal.
void add_run_control_commands(CLI::App& run, command_line& line);

} // namespace troupe::tools
