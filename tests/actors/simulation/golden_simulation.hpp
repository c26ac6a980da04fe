#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/projection.hpp"
#include "actors/simulation/scenario.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tests {

/// A census in the order of its file, or as shuffled by the number if that is
/// not 0.
struct golden_census {
  simulation::people staff;
  simulation::person_ids ids;
};

[[nodiscard]] golden_census read_golden_census(unsigned shuffled_by = 0);
[[nodiscard]] simulation::scenario read_golden_scenario();
[[nodiscard]] nlohmann::json read_simulation_json(std::string_view name);
[[nodiscard]] std::string read_simulation_text(std::string_view name);

/// The headcounts of invariants.json, by how many start.
[[nodiscard]] simulation::headcount_source golden_headcounts();

/// The totals of the census projected by each scenario.
[[nodiscard]] std::vector<std::vector<simulation::year_totals>>
project_totals(std::span<const simulation::scenario> scenarios);

/// The totals of the golden scenario with its seed, the next one and so on.
[[nodiscard]] std::vector<std::vector<simulation::year_totals>>
project_seeds(std::size_t count);

/// Everything a projection tells, as text.
struct projection_text {
  std::string events{};
  std::string rows{};
  std::vector<simulation::year_totals> years{};
};

[[nodiscard]] projection_text project_golden(std::size_t block_size,
                                             unsigned shuffled_by);

/// The same of another scenario, with the headcounts that it plans.
[[nodiscard]] projection_text
project_text(const simulation::scenario& parameters, std::size_t block_size);

/// The golden scenario with leavers by weights, those of the reference, and by
/// levels, and with other bands.
[[nodiscard]] simulation::scenario read_ruled_scenario();

} // namespace troupe::tests
