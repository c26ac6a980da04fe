#pragma once

#include "actors/simulation/year_totals.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace troupe::simulation {

/// Keys in a fixed order; money in cents, named so.
[[nodiscard]] nlohmann::ordered_json to_json(const year_totals& totals);

/// All years as the text of an array, indented by one; ends in LF.
[[nodiscard]] std::string to_json_text(std::span<const year_totals> years);

} // namespace troupe::simulation
