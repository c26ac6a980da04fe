#pragma once

#include "actors/engine/engine_client.hpp"
#include "runtime/config/settings.hpp"
#include "runtime/problem.hpp"

#include <string>

namespace troupe::tools {

/// Where the server of these settings listens: `server.socket`, or beside the
/// store's file. Empty for a store elsewhere, of which that is not known.
[[nodiscard]] std::string server_socket(const runtime::settings& of);

/// Asks whoever owns the store. `unavailable` if nobody listens there.
[[nodiscard]] runtime::outcome<engine::engine_client>
connect_server(const runtime::settings& of);

} // namespace troupe::tools
