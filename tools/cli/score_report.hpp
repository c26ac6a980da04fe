#pragma once

#include "actors/scoring/scoring_request.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "tools/cli/invocation.hpp"

#include <cstddef>
#include <string>

namespace troupe::tools {

/// Prints what a scoring came to: the best items with their reasons, the
/// distribution of totals, quality, time; as text or as one JSON object.
/// `store` is empty when nothing was stored.
void print_score_report(const scoring::scoring_result& result, std::size_t top,
                        double seconds, const std::string& store,
                        output_format output);

/// An instant as "2026-01-31", "2026-01-31T00:00:00Z" or with another offset
/// from UTC; now, if the text is empty.
[[nodiscard]] runtime::outcome<runtime::clock::wall_time>
parse_instant(const std::string& text);

} // namespace troupe::tools
