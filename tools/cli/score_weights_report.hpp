#pragma once

#include "actors/scoring/rank_stability.hpp"
#include "actors/scoring/stored_portfolio.hpp"
#include "actors/scoring/what_if.hpp"
#include "tools/cli/invocation.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace troupe::tools {

/// How stable the ranks of a run are, with the names of those to be listed.
struct stability_report {
  struct item {
    std::uint32_t rank = 0;
    double mean_move = 0.0;
    double top_probability = 0.0;
    scoring::stored_name name;
  };

  scoring::stored_run run;
  std::size_t criteria = 0;
  scoring::stability_options options;
  scoring::stability_result result;
  /// The top, best first, then the contenders.
  std::vector<item> items;
};

/// What other weights would do to a run.
struct what_if_report {
  scoring::stored_run run;
  scoring::scoring_plan plan;
  scoring::weight_change change;
  scoring::what_if_result result;
  std::size_t top = 0;
  scoring::rank_moves moves;
  std::map<std::uint32_t, scoring::stored_name> names; ///< By row of `moves`.
};

// On standard output: as text, as one JSON object, or as a JSON object per
// item.

/// jsonl: the items of the top and the contenders, told apart by "in_top".
void print_stability(const stability_report& report, output_format output);

/// jsonl: the items, each with "change": "entered", "left" or "moved".
void print_what_if(const what_if_report& report, output_format output);

} // namespace troupe::tools
