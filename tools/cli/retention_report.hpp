#pragma once

#include "actors/engine/run_retention.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace troupe::tools {

/// What is kept, by which rule, and how much of it may go.
[[nodiscard]] std::string
render_retention(const engine::run_retention& keep,
                 const engine::retention_figures& figures);

[[nodiscard]] nlohmann::ordered_json
retention_json(const engine::run_retention& keep,
               const engine::retention_figures& figures);

} // namespace troupe::tools
