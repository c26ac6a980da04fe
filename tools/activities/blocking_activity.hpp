#pragma once

#include "actors/engine/activity_registry.hpp"
#include "runtime/problem.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <stop_token>
#include <string>

namespace troupe::tools {

/// An attempt that blocks: it reads files, and waits for actors.
struct blocking_attempt {
  /// Its output as JSON. A stop request makes it end with `interrupted`.
  std::function<runtime::outcome<std::string>(caf::actor_system& system,
                                              const std::stop_token& stop)>
    work;
  /// How far it is, as JSON; from another thread, each second.
  std::function<std::string()> progress;
};

/// Adds an activity whose attempts are done on threads of their own, beside an
/// actor that answers at once.
void add_blocking_activity(
  engine::activity_registry& registry, const std::string& name,
  std::function<blocking_attempt(const messages::RunActivity& request)> begin);

} // namespace troupe::tools
