#pragma once

#include "actors/scoring/scored_portfolio.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::scoring {

/// A whole stored run as other weights need it; row r is row r of its source.
struct stored_portfolio {
  stored_run run;
  run_formula formula;
  scored_portfolio scores;
};

/// Of a run named as in `find_whole_run`. Holds a number per item and criterion
/// in memory. `failed` when a row is damaged.
[[nodiscard]] runtime::outcome<stored_portfolio>
load_portfolio(scoring_history& history, std::string_view run);

/// An item of a run as people know it.
struct stored_name {
  std::string id;
  std::string title;
};

[[nodiscard]] runtime::outcome<stored_name>
load_name(scoring_history& history, const stored_run& run, std::size_t row);

} // namespace troupe::scoring
