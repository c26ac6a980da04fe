#pragma once

#include "actors/simulation/scenario.hpp"
#include "actors/simulation/scenario_source.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <vector>

namespace troupe::simulation {

inline constexpr auto start_year_min = std::int64_t{1900};
inline constexpr auto end_year_max = std::int64_t{9999};
inline constexpr auto years_max = std::int64_t{500};
/// Of ages, tenures and incomes.
inline constexpr auto multiplier_max = 100 * ppm_whole;
/// In whole units; the highest pay of a hire is 1.08 times this.
inline constexpr auto hire_pay_max = std::int64_t{900'000'000};

/// What the layers of a source say together. Adds to `problems` what is
/// missing, unknown, out of range or said twice; the scenario is of no use
/// then.
[[nodiscard]] scenario read_scenario(const scenario_source& source,
                                     std::vector<runtime::problem>& problems);

} // namespace troupe::simulation
