#pragma once

#include "actors/scoring/run_difference.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace troupe::tools {

[[nodiscard]] nlohmann::ordered_json run_json(const scoring::stored_run& run);

// What score_history_report.hpp prints, as JSON. `jsonl` prints the elements of
// a list, each on a line of its own, and nothing else.

void print_runs_as_json(const std::vector<scoring::stored_run>& runs,
                        output_format output);

void print_history_as_json(const std::string& item,
                           const std::vector<scoring::item_point>& points,
                           output_format output);

/// jsonl: the items, each with "change": "total", "rank", "added", "removed".
void print_difference_as_json(const scoring::run_difference& difference,
                              output_format output);

void print_explanation_as_json(const scoring::item_explanation& explanation);

} // namespace troupe::tools
