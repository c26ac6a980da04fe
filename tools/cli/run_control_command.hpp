#pragma once

#include "messages/engine.pb.h"
#include "runtime/problem.hpp"
#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Prints the run that was accepted, or why none was; the exit code.
int print_accepted(const runtime::outcome<messages::RunAccepted>& accepted,
                   output_format output);

/// Adds what asks a server to `troupe run`: start, watch, cancel, terminate,
/// pause, resume, retry, signal.
void add_run_control_commands(CLI::App& run, command_line& line);

} // namespace troupe::tools
