#pragma once

#include "actors/scoring/azure_devops_reading.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/tabular/byte_source.hpp"

#include <chrono>
#include <functional>
#include <stop_token>

namespace troupe::scoring {

/// What a reading of Azure DevOps needs of the world.
struct azure_devops_surroundings {
  std::function<runtime::outcome<runtime::http_reply>(
    const runtime::http_request&)>
    send;
  /// Waits; false when it has to stop.
  std::function<bool(std::chrono::milliseconds)> pause;
  std::function<runtime::clock::wall_time()> now;
  /// In [0, 1).
  std::function<double()> draw;
};

/// The work items as JSON lines. Asks for the first ids at once, so that most
/// of what can be wrong shows here.
[[nodiscard]] runtime::outcome<runtime::byte_source>
open_azure_devops(azure_devops_question question,
                  azure_devops_surroundings with);

/// The same over the network. `token`: a personal access token. A stop request
/// ends any wait with a problem of kind `interrupted`.
[[nodiscard]] runtime::outcome<runtime::byte_source>
open_azure_devops(azure_devops_question question, const runtime::secret& token,
                  std::stop_token stop);

} // namespace troupe::scoring
