#pragma once

#include "actors/simulation/simulation_html.hpp"
#include "actors/simulation/year_totals.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace troupe::tools {

/// What a page tells of a run: `facts` are those of run.json.
[[nodiscard]] simulation::simulation_report
page_of(const nlohmann::ordered_json& facts,
        std::span<const simulation::year_totals> years);

/// Writes the page; it appears only when complete.
[[nodiscard]] runtime::outcome<void>
write_html(const std::string& file, const simulation::simulation_report& page);

} // namespace troupe::tools
