#include "actors/simulation/scenario_parameter.hpp"

#include "actors/simulation/scenario.hpp"

#include <cstddef>

namespace troupe::simulation {

std::vector<scenario_override> set_parameter(std::string_view parameter,
                                             std::string_view value) {
  auto text = std::string{value};
  if (parameter == "growth_rate")
    return {{"target_growth_rate", std::move(text)},
            {"growth_by_year", "null"}};
  if (parameter == "cola")
    return {{"compensation.cola_rate", std::move(text)},
            {"compensation.cola_by_year", "null"}};
  if (parameter != "merit")
    return {{std::string{parameter}, std::move(text)}};
  auto list = "[" + text;
  for (auto level = std::size_t{1}; level < level_count; ++level)
    list += ", " + text;
  return {{"compensation.merit_by_level", list + "]"}};
}

} // namespace troupe::simulation
