#pragma once

#include "actors/simulation/ensemble.hpp"
#include "actors/simulation/year_totals.hpp"

#include <span>
#include <string>

/// Each gives one SVG element; there is at least one year.
namespace troupe::simulation {

/// With the people who start the first year.
[[nodiscard]] std::string headcount_chart(std::span<const year_totals> years);

/// With the payroll that starts the first year.
[[nodiscard]] std::string payroll_chart(std::span<const year_totals> years);

[[nodiscard]] std::string mean_pay_chart(std::span<const year_totals> years);

/// Share of those at the end of each year who take part, of all.
[[nodiscard]] std::string
participation_chart(std::span<const year_totals> years);

/// Hires, leavers and new hires who left again, side by side.
[[nodiscard]] std::string movements_chart(std::span<const year_totals> years);

/// People at the end of each year by level, on top of each other.
[[nodiscard]] std::string levels_chart(std::span<const year_totals> years);

/// The bands of one measure: lowest and highest, 5 to 95 %, 25 to 75 %, median.
[[nodiscard]] std::string fan_chart(const ensemble& of,
                                    const year_measure& measure);

} // namespace troupe::simulation
