#pragma once

#include "actors/scoring/scorer.hpp"
#include "runtime/problem.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <stop_token>

namespace troupe::tools {

/// Called once the scoring has begun, to watch how far it is.
using score_start
  = std::function<void(std::shared_ptr<const scoring::scoring_progress>)>;

/// Scores as a run of the engine, over the store of the settings: the run is
/// listed with all others, and when this program is killed, the next engine of
/// the store does it anew. `arguments` are those of the activity `score`. A
/// stop request cancels the run.
[[nodiscard]] runtime::outcome<scoring::scoring_result>
score_as_run(const nlohmann::json& arguments, const invocation& with,
             const std::stop_token& stop, score_start on_start);

} // namespace troupe::tools
