#pragma once

#include "actors/engine/activity_registry.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/process/process_runner.hpp"

#include <memory>

namespace troupe::engine {

struct command_runner_options {
  std::shared_ptr<runtime::process_runner> processes;
  /// The variables that commands may inherit, and that secrets come from.
  runtime::environment_map environment;
};

/// Adds the activity `command`: a child process, see command_activity.hpp. Its
/// process group is killed when its actor ends, however it does. The secrets it
/// uses are hidden in logs from then on.
void add_command_activity(activity_registry& registry,
                          command_runner_options options);

} // namespace troupe::engine
