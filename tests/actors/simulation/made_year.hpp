#pragma once

#include "actors/simulation/hire_year.hpp"
#include "actors/simulation/staff_year.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <cstdint>

namespace troupe::tests {

/// A year in which everything happens to somebody.
struct made_year {
  simulation::year_plan plan;
  simulation::people before;
  simulation::year_block staff;
  simulation::hire_range hires{.first = 1, .last = 400, .all = 400};
  simulation::year_block hired;
};

/// Every age and tenure, level and state in the plan, by the number.
inline simulation::people make_mixed_people(const simulation::year_plan& plan,
                                            std::size_t count) {
  using simulation::enrollment;
  auto staff = simulation::people{};
  staff.resize(count);
  for (auto at = std::size_t{0}; at < count; ++at) {
    const auto age = 18 + at % 53;
    staff.key[at] = 2 * at + 2;
    staff.birth_date[at]
      = plan.new_years[age] - static_cast<simulation::day_number>(at % 300);
    staff.hire_date[at] = plan.new_years[at % 17 % (age - 17)]
                          - static_cast<simulation::day_number>(at % 300) - 1;
    staff.level[at] = static_cast<std::uint8_t>(1 + at % 5);
    staff.pay[at] = 3'000'000 + static_cast<simulation::cents>(at * 7'919);
    staff.plan[at] = static_cast<enrollment>(at % 7 % 3);
    staff.deferral[at] = staff.plan[at] == enrollment::enrolled ? 60'000 : 0;
  }
  return staff;
}

inline made_year make_year() {
  auto parameters = read_golden_scenario();
  parameters.promotion.base_rate = 300'000;
  parameters.enrollment.opt_out_rate_young = 400'000;
  auto year = made_year{};
  year.plan = simulation::make_year_plan(parameters, 2025);
  year.before = make_mixed_people(year.plan, 2'000);
  // A fifth of the staff leaves, and a quarter of the hires.
  simulation::simulate_staff(year.plan, year.before,
                             simulation::keyed_draw{~std::uint64_t{0} / 5,
                                                    simulation::no_key},
                             year.staff);
  simulation::simulate_hires(year.plan, year.hires,
                             simulation::keyed_draw{~std::uint64_t{0} / 4,
                                                    simulation::no_key},
                             year.hired);
  return year;
}

} // namespace troupe::tests
