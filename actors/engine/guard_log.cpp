#include "actors/engine/guard_log.hpp"

#include "runtime/logging/log.hpp"

#include <string>

namespace troupe::engine {

namespace {

void log_event(const std::string& guard,
               const runtime::breaker_transition& change) {
  const auto reason = to_string(change.reason);
  if (change.to == runtime::breaker_state::open)
    runtime::log_warning("engine", "a circuit opened",
                         {{"guard", guard}, {"reason", reason}});
  else
    runtime::log_info(
      "engine", "a circuit changed",
      {{"guard", guard}, {"to", to_string(change.to)}, {"reason", reason}});
}

void log_event(const std::string& guard,
               const runtime::quota_warning& warning) {
  runtime::log_warning("engine", "a quota runs out",
                       {{"guard", guard},
                        {"percent", warning.percent},
                        {"used", warning.used},
                        {"limit", warning.limit}});
}

} // namespace

void log_guard_events(const std::vector<desk_event>& events) {
  for (const auto& event : events)
    std::visit([&](const auto& what) { log_event(event.guard, what); },
               event.what);
}

} // namespace troupe::engine
