#pragma once

#include "actors/scoring/scoring_request.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::tools {

/// One of the best items of a scoring.
struct best_item {
  std::uint32_t rank = 0;
  std::string id;
  std::string title;
  double total = 0.0; ///< 0..1.
  std::vector<std::string> reasons; ///< The weightiest, in words.
};

/// The first `top` items by overall rank.
[[nodiscard]] std::vector<best_item>
best_of(const scoring::scoring_result& result, std::size_t top);

/// What a scoring came to, as the output of an activity and of the program:
/// {run, items, rescored, reason, base_run, base_items, top, left_out,
/// warnings, summary}, without what does not apply.
[[nodiscard]] nlohmann::ordered_json
score_output(const scoring::scoring_result& result, std::size_t top);

} // namespace troupe::tools
