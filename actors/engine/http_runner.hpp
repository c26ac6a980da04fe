#pragma once

#include "actors/engine/activity_registry.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/http/http_runner.hpp"

#include <memory>

namespace troupe::engine {

struct http_runner_options {
  std::shared_ptr<runtime::http_runner> requests;
  /// The variables that secrets come from.
  runtime::environment_map environment;
  /// For servers that name a date to ask again.
  std::shared_ptr<const runtime::clock> clock
    = std::make_shared<runtime::real_clock>();
};

/// Adds the activity `http`: a request to an HTTP server, see
/// http_activity.hpp. It is stopped at once when it is cancelled and when its
/// actor ends, however it does; the server may have done it by then. The
/// secrets it uses are hidden in logs from then on.
void add_http_activity(activity_registry& registry,
                       http_runner_options options);

} // namespace troupe::engine
