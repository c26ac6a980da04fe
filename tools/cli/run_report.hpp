#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_state.hpp"
#include "actors/engine/waiting_chain.hpp"
#include "messages/engine.pb.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::tools {

// Runs as text and as JSON. Times are RFC 3339, UTC.

[[nodiscard]] std::string
render_list(const std::vector<engine::recorded_run>& runs);

[[nodiscard]] nlohmann::ordered_json to_json(const engine::recorded_run& run);

/// A workflow that was applied.
[[nodiscard]] nlohmann::ordered_json
to_json(const engine::recorded_workflow& workflow);

/// The version of a workflow, as 16 hexadecimal digits.
[[nodiscard]] std::string render_digest(std::uint64_t digest);

/// The run and where each of its steps stands.
[[nodiscard]] std::string render_run(const engine::recorded_run& record,
                                     const engine::run_state& run);

[[nodiscard]] nlohmann::ordered_json to_json(const engine::recorded_run& record,
                                             const engine::run_state& run);

[[nodiscard]] std::string
render_chain(const std::vector<engine::waiting_link>& chain);

[[nodiscard]] nlohmann::ordered_json
to_json(const std::vector<engine::waiting_link>& chain);

/// A line per event.
[[nodiscard]] std::string
render_history(const std::vector<messages::RunEvent>& history,
               const engine::workflow& of);

[[nodiscard]] nlohmann::ordered_json to_json(const messages::RunEvent& event,
                                             const engine::workflow& of);

} // namespace troupe::tools
