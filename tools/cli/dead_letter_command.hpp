#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Declares `troupe dead-letter`.
void add_dead_letter_command(command_line& line);

} // namespace troupe::tools
