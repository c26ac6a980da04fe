#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_plan.hpp"
#include "actors/simulation/year_totals.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace troupe::simulation {

/// How many leave and come in a year.
struct year_headcounts {
  std::int64_t terminations = 0;
  std::int64_t hires = 0;
  std::int64_t new_hire_terminations = 0;
};

/// The headcounts of a year that so many people start.
using headcount_source = std::function<runtime::outcome<year_headcounts>(
  std::int32_t year, std::int64_t start)>;

/// Those that the scenario plans, with the rates of each year.
[[nodiscard]] headcount_source planned_headcounts(const scenario& parameters);

/// The failure of a year in which somebody has pay above pay_max.
[[nodiscard]] runtime::problem overpaid(const year_totals& totals);

/// A finished year; valid while the sink runs.
struct projected_year {
  const year_plan& plan;
  const year_totals& totals;
  /// By key: those who started the year, then its hires.
  std::span<const year_block> blocks;
};

using year_sink
  = std::function<runtime::outcome<void>(const projected_year& year)>;

/// All years one after the other, in this thread. `staff` starts the first
/// year, in blocks by key; hires get blocks of at most `hires_per_block`.
/// Problems: those of `headcounts` and `sink`; more people to leave than there
/// are; those of check_people; pay above pay_max, with the person's key and the
/// year.
[[nodiscard]] runtime::outcome<std::vector<year_totals>>
project(const scenario& parameters, std::vector<people> staff,
        std::size_t hires_per_block, const headcount_source& headcounts,
        const year_sink& sink);

} // namespace troupe::simulation
