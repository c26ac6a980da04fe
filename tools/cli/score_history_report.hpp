#pragma once

#include "actors/scoring/run_difference.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "tools/cli/invocation.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::tools {

// What the store says about scorings, on standard output: as text, as one JSON
// object, or (lists) as a JSON object per line.

void print_runs(const std::vector<scoring::stored_run>& runs,
                output_format output);

void print_history(const std::string& item,
                   const std::vector<scoring::item_point>& points,
                   output_format output);

void print_difference(const scoring::run_difference& difference,
                      output_format output);

void print_explanation(const scoring::item_explanation& explanation,
                       output_format output);

/// "run 3 (2026-01-31T09:30:00Z, 1,000 items)"
[[nodiscard]] std::string name_of(const scoring::stored_run& run);

/// As much of a title as fits into a line.
[[nodiscard]] std::string clip_title(std::string_view title);

/// An instant as "2026-01-31T09:30:00Z".
[[nodiscard]] std::string render_instant(runtime::clock::wall_time instant);

} // namespace troupe::tools
