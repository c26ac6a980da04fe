#include "actors/simulation/staff_year.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::simulation {

namespace {

constexpr auto everybody = keyed_draw{~std::uint64_t{0}, ~std::uint64_t{0}};

/// People who differ by key only.
people make_people(std::size_t count, const year_plan& plan, int age,
                   int tenure) {
  auto staff = people{};
  staff.resize(count);
  for (auto i = std::size_t{0}; i < count; ++i) {
    staff.key[i] = i + 1;
    staff.birth_date[i] = plan.new_years[static_cast<std::size_t>(age)];
    staff.hire_date[i] = plan.new_years[static_cast<std::size_t>(tenure)];
    staff.pay[i] = 6'000'000;
    staff.level[i] = 1;
  }
  return staff;
}

year_block year_of(const year_plan& plan, const people& staff,
                   const draw_bound& bound) {
  auto block = year_block{};
  simulate_staff(plan, staff, bound, block);
  return block;
}

std::vector<event> events_of(const year_block& block, event_type type) {
  auto events = std::vector<event>{};
  for (auto at = std::size_t{0}; at < block.events.count; ++at)
    if (block.events[at].type == type)
      events.push_back(block.events[at]);
  return events;
}

/// In which everything that can happen does.
scenario certain_scenario() {
  auto parameters = tests::read_golden_scenario();
  parameters.promotion.base_rate = 100 * ppm_whole;
  parameters.enrollment.rate_by_age_segment.fill(100 * ppm_whole);
  parameters.enrollment.opt_out_rate_young = 100 * ppm_whole;
  return parameters;
}

} // namespace

TEST_CASE("nobody leaves without a bound, everybody below the highest") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2025);
  const auto staff = make_people(1'000, plan, 40, 3);
  const auto stay = year_of(plan, staff, {});
  CHECK(stay.totals.terminations == 0);
  CHECK(stay.next.size() == 1'000);
  CHECK(stay.totals.raises == 1'000);
  const auto leave = year_of(plan, staff, everybody);
  CHECK(leave.totals.terminations == 1'000);
  CHECK(leave.next.size() == 0);
  CHECK(leave.totals.end_payroll == 0);
  CHECK(leave.totals.start_payroll == 6'000'000'000);
  CHECK(leave.totals.experienced_terminated_key_sum == 500'500);
  CHECK(leave.totals.terminated_key_sum == 500'500);
}

TEST_CASE("the last paid day is any day of a leap year") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2028);
  const auto block = year_of(plan, make_people(20'000, plan, 40, 3), everybody);
  auto days = std::vector<int>{};
  for (const auto& one : events_of(block, event_type::termination))
    days.push_back(one.day);
  std::ranges::sort(days);
  CHECK(days.front() == 0);
  CHECK(days.back() == 365);
}

TEST_CASE("nothing happens to people after they left") {
  const auto plan = make_year_plan(certain_scenario(), 2025);
  const auto block = year_of(plan, make_people(20'000, plan, 25, 3), everybody);
  auto leaving = std::vector<int>(20'001);
  for (const auto& one : events_of(block, event_type::termination))
    leaving[one.key] = one.day;
  const auto count_from = [&leaving](int day) {
    return std::ranges::count_if(leaving.begin() + 1, leaving.end(),
                                 [day](int last) { return last >= day; });
  };
  const auto first = plan.days.first;
  CHECK(block.totals.enrollments == count_from(14));
  CHECK(block.totals.opt_outs == count_from(plan.days.opt_out - first));
  CHECK(block.totals.raises == count_from(plan.days.raise - first));
  for (const auto& one : events_of(block, event_type::promotion))
    REQUIRE(leaving[one.key] >= 31);
  CHECK(block.totals.promotions > 0);
}

TEST_CASE("who opts out never asks again") {
  const auto plan = make_year_plan(certain_scenario(), 2025);
  const auto block = year_of(plan, make_people(10, plan, 25, 3), {});
  CHECK(block.totals.opt_outs == 10);
  CHECK(block.totals.end_enrolled == 0);
  CHECK(std::ranges::all_of(block.next.plan, [](enrollment plan_of) {
    return plan_of == enrollment::opted_out;
  }));
  CHECK(block.next.deferral == std::vector<std::int32_t>(10, 0));
  const auto next
    = year_of(make_year_plan(certain_scenario(), 2026), block.next, {});
  CHECK(next.totals.enrollments == 0);
  CHECK(next.totals.expected_enrollments.candidates == 0);
}

TEST_CASE("candidates to enrol are old enough, and here for long enough") {
  auto parameters = certain_scenario();
  parameters.eligibility.minimum_age = 30;
  parameters.eligibility.waiting_period_days = 14;
  const auto plan = make_year_plan(parameters, 2025);
  const auto enrolled = [&](const year_plan& with, int age, int tenure) {
    return year_of(with, make_people(1, with, age, tenure), {})
      .totals.enrollments;
  };
  CHECK(enrolled(plan, 29, 3) == 0);
  CHECK(enrolled(plan, 30, 3) == 1);
  CHECK(enrolled(plan, 30, 0) == 1);
  parameters.eligibility.waiting_period_days = 15;
  CHECK(enrolled(make_year_plan(parameters, 2025), 30, 0) == 0);
  parameters.enrollment.scope = enrollment_scope::new_hires_only;
  const auto limited = make_year_plan(parameters, 2025);
  CHECK(enrolled(limited, 30, 5) == 1); // Hired on the cutoff.
  CHECK(enrolled(limited, 30, 6) == 0);
}

TEST_CASE("promotions end with the last level and with age 65") {
  const auto plan = make_year_plan(certain_scenario(), 2025);
  const auto candidates = [&plan](people staff, std::uint8_t level) {
    std::ranges::fill(staff.level, level);
    return year_of(plan, staff, {}).totals.expected_promotions.candidates;
  };
  CHECK(candidates(make_people(1, plan, 64, 1), 4) == 1);
  CHECK(candidates(make_people(1, plan, 64, 1), 5) == 0);
  CHECK(candidates(make_people(1, plan, 65, 1), 4) == 0);
  CHECK(candidates(make_people(1, plan, 64, 0), 4) == 0);
}

TEST_CASE("a pay above the highest is noted") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2025);
  auto staff = make_people(3, plan, 70, 3);
  staff.pay[1] = pay_max;
  CHECK(year_of(plan, staff, {}).totals.overpaid_key == 2);
}

TEST_CASE("a block used again holds nothing of before") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2025);
  const auto small = make_people(3, plan, 40, 3);
  auto block = year_of(plan, make_people(50, plan, 25, 3), everybody);
  simulate_staff(plan, small, {}, block);
  const auto fresh = year_of(plan, small, {});
  CHECK(block.rows.count == 3);
  CHECK(block.events.count == fresh.events.count);
  CHECK(block.next.key == fresh.next.key);
  CHECK(block.totals == fresh.totals);
  for (auto at = std::size_t{0}; at < 3; ++at)
    CHECK(block.rows[at] == fresh.rows[at]);
}

} // namespace troupe::simulation
