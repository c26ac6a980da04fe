#pragma once

#include "actors/simulation/scenario_source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// What gives a parameter a value, as YAML, in every year and level of a
/// scenario. A parameter is the path of a key, or a short name:
///   growth_rate  target_growth_rate, and no growth_by_year
///   cola         compensation.cola_rate, and no cola_by_year
///   merit        compensation.merit_by_level, the same for each level
[[nodiscard]] std::vector<scenario_override>
set_parameter(std::string_view parameter, std::string_view value);

} // namespace troupe::simulation
