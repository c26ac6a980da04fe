#pragma once

#include "actors/simulation/hire_year.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/projection.hpp"
#include "actors/simulation/rule_violation.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_plan.hpp"
#include "actors/simulation/year_totals.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace troupe::simulation {

// The second pilot of a year: what went in and what came out, by the rules of
// year_rules.hpp, with no code of the kernels. No violations: no allocation.
// Wrong values never make it fail, nor do columns of different lengths as long
// as none is shorter than the count.

/// What simulate_staff made of those who started the year. Who breaks several
/// rules is counted for the first of them only, and the totals are looked at
/// only when everybody keeps all: so the cause is named, not what follows.
[[nodiscard]] std::vector<rule_violation>
check_staff_block(const year_plan& plan, const people_view& before,
                  const year_block& made);

/// The same for what simulate_hires made of a range.
[[nodiscard]] std::vector<rule_violation>
check_hire_block(const year_plan& plan, const hire_range& range,
                 const year_block& made);

/// The totals of all blocks of a year, against what was planned and against the
/// year before; null: it is the first.
///
/// Promotions and enrollments are held against what was to be expected before
/// anybody left: at most mean + 7 s + 18 and at least mean * (1 - T/N) - 7 s -
/// 18, s the standard deviation. By Bernstein's inequality a right year is
/// refused once in 10^10; 5 s without the 18 people, which the reference asks
/// of its own draws, would refuse one promotion where a hundredth is expected.
[[nodiscard]] std::vector<rule_violation>
check_year(const year_headcounts& planned, const year_totals& totals,
           const year_totals* before);

/// How many of each level start a year, and how many of them leave.
struct level_leavers {
  std::array<std::int64_t, level_count> staff{};
  std::array<std::int64_t, level_count> leavers{};
};

/// Adds a block of people who start the year: who is not among those of the
/// next year has left. Both by ascending key.
void count_leavers(const people_view& before, const people_view& next,
                   level_leavers& to);

/// Whether each level has its share of the leavers, by largest remainder. For
/// years with level quotas.
[[nodiscard]] std::vector<rule_violation>
check_level_quotas(std::int32_t year, const level_leavers& counts);

} // namespace troupe::simulation
