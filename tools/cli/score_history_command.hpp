#pragma once

#include "tools/cli/invocation.hpp"

namespace troupe::tools {

/// Adds what is asked of stored scorings to `score`: runs, history, diff,
/// explain.
void add_score_history_commands(CLI::App& score, command_line& line);

} // namespace troupe::tools
