#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// What is done with the schedules of a store: add, list, show, pause, resume,
/// trigger, backfill, remove.
void add_schedule_store_commands(CLI::App& schedule, command_line& line);

} // namespace troupe::tools
