#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// What is asked of the server about its guards: list, show, reset.
void add_live_guard_commands(CLI::App& guard, command_line& line);

} // namespace troupe::tools
