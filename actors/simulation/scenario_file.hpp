#pragma once

#include "actors/simulation/checked.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/scenario_source.hpp"
#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <span>
#include <string>
#include <vector>

namespace troupe::simulation {

struct named_scenario {
  std::string name;
  scenario values;
};

/// The scenarios of a YAML or JSON file in its order, at least one. The form of
/// a file is that of tools/schema/simulation-scenario.schema.json; what has no
/// default there and is not given is a problem.
[[nodiscard]] checked<std::vector<named_scenario>>
read_scenarios(const std::string& path,
               std::span<const scenario_override> overrides = {});

/// The same of a text that is already read; `path` is where a relative `base`
/// starts from.
[[nodiscard]] checked<std::vector<named_scenario>>
parse_scenarios(const runtime::yaml_document& document, const std::string& path,
                std::span<const scenario_override> overrides = {});

} // namespace troupe::simulation
