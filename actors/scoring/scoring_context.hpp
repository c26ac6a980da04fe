#pragma once

#include "actors/scoring/scales.hpp"
#include "messages/scoring.pb.h"
#include "runtime/problem.hpp"

#include <optional>

namespace troupe::scoring {

// The pure code's values as messages and back. Nothing: the message is not one
// that this code can have sent.

[[nodiscard]] messages::ScoringScales to_message(const scoring_scales& scales);

[[nodiscard]] scoring_scales
from_message(const messages::ScoringScales& message);

[[nodiscard]] messages::BatchStatistics
to_message(const batch_statistics& statistics);

[[nodiscard]] std::optional<batch_statistics>
from_message(const messages::BatchStatistics& message);

[[nodiscard]] messages::InputProblem to_message(const runtime::problem& reason);

[[nodiscard]] runtime::problem
from_message(const messages::InputProblem& message);

} // namespace troupe::scoring
