#pragma once

#include "actors/engine/text_template.hpp"
#include "actors/scoring/scoring_request.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace troupe::tools {

/// What a scoring takes from its surroundings.
struct score_surroundings {
  /// What references to secrets are looked up in.
  runtime::environment_map environment;
  /// What dates are aged against if the input does not say.
  runtime::clock::wall_time now{};
  /// Items a batch has if the input does not say; 0: as many as suit the
  /// machine.
  std::size_t batch_size = 0;
  /// Whether "-" may be read: there is one standard input, and one attempt.
  bool may_read_standard_input = false;
};

/// What is scored, and how.
struct score_plan {
  scoring::scoring_request request;
  /// How many of the best items the output names.
  std::size_t top = 10;
};

/// Reads what an activity `score` is given; `troupe score` has the same
/// arguments. Reads the configuration it names. Problems name their key, below
/// `place`.
[[nodiscard]] runtime::outcome<score_plan>
plan_score(const nlohmann::json& input, const engine::source_place& place,
           const score_surroundings& surroundings);

/// Of arguments that were accepted before: what is written where, and shown.
/// Names no source and reads no configuration.
[[nodiscard]] score_plan plan_outputs(const nlohmann::json& input);

} // namespace troupe::tools
