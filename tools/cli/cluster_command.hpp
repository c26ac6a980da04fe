#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// `troupe cluster`: what is done with several nodes.
void add_cluster_command(command_line& line);

/// What of it asks a node: status, nodes, leader, drain, undrain, remove.
void add_cluster_questions(CLI::App& parent, command_line& line);

} // namespace troupe::tools
