#pragma once

#include "actors/simulation/goal_seek.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace troupe::tools {

/// A search and what it was about.
struct goal_report {
  const simulation::goal_seek& search;
  std::string parameter;
  const simulation::year_measure& measure;
  std::int32_t year = 0;
};

/// A row per try, then the answer in words; ends in LF.
[[nodiscard]] std::string render_goal(const goal_report& report);

/// {parameter, measure, year, target, tolerance}, then what
/// simulation::to_json tells of the search.
[[nodiscard]] nlohmann::ordered_json goal_json(const goal_report& report);

} // namespace troupe::tools
