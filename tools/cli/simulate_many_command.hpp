#pragma once

#include "tools/cli/invocation.hpp"
#include "tools/cli/simulate_inputs.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::tools {

/// What was asked about many seeds.
struct ensemble_flags {
  std::size_t seeds = 0;
  std::vector<std::string> thresholds;
  std::vector<std::string> shown;
  std::string html;
  bool no_store = false;
};

/// Projects under so many seeds, and tells how the figures spread.
[[nodiscard]] int run_ensemble(const simulate_inputs& inputs,
                               const ensemble_flags& flags,
                               const invocation& with);

/// Adds the subcommands of `troupe simulate` that project many scenarios:
/// sweep, seek, batch.
void add_simulate_many_commands(CLI::App& simulate, command_line& line);

} // namespace troupe::tools
