#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds `troupe queue`.
void add_queue_command(command_line& line);

} // namespace troupe::tools
