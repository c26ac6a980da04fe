#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// `troupe cluster`: what is done with several nodes.
void add_cluster_command(command_line& line);

} // namespace troupe::tools
