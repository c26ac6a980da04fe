#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds what has to do with a store to `troupe workflow`: apply, list, show.
void add_workflow_store_commands(CLI::App& workflow, command_line& line);

} // namespace troupe::tools
