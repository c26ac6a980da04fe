#pragma once

#include "messages/queue_call.pb.h"

#include <nlohmann/json.hpp>

#include <string>

namespace troupe::tools {

// What waits for workers, as text and as JSON. Times are RFC 3339, UTC.

[[nodiscard]] std::string render_queue(const messages::QueueReport& report);

[[nodiscard]] nlohmann::ordered_json
to_json(const messages::QueueReport& report);

} // namespace troupe::tools
