#pragma once

#include "actors/engine/activity_failure.hpp"
#include "actors/engine/text_template.hpp"
#include "messages/activity.pb.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace troupe::engine {

// What activities read from their request and say at their end.

/// What the activity is given; discarded JSON if it is none.
[[nodiscard]] nlohmann::json input_of(const messages::RunActivity& request);

/// Where that was written.
[[nodiscard]] source_place place_of(const messages::RunActivity& request);

/// The texts of the input that are references to secrets. `invalid_input` if
/// that is no list of JSON pointers.
[[nodiscard]] runtime::outcome<std::vector<nlohmann::json::json_pointer>>
secrets_of(const messages::RunActivity& request);

/// `output_json` is JSON.
[[nodiscard]] messages::ActivitySucceeded
success_of(const messages::ActivityRef& ref, std::string output_json);

[[nodiscard]] messages::ActivityFailed
to_message(const messages::ActivityRef& ref, const activity_failure& failure);

/// The failure of whoever was told to stop.
[[nodiscard]] messages::ActivityFailed
cancelled(const messages::ActivityRef& ref);

} // namespace troupe::engine
