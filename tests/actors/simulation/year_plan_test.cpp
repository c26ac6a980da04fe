#include "actors/simulation/rounding.hpp"
#include "actors/simulation/year_plan.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

/// By the calendar: whole years that have passed by 1 January.
int years_by_calendar(int year, day_number since) {
  const auto date = std::chrono::year_month_day{
    std::chrono::sys_days{std::chrono::days{since}}};
  const auto is_new_year
    = date.month() == std::chrono::January && date.day() == std::chrono::day{1};
  return year - static_cast<int>(date.year()) - (is_new_year ? 0 : 1);
}

} // namespace

TEST_CASE("quotients are rounded half up") {
  STATIC_REQUIRE(half_up(4, 10) == 0);
  STATIC_REQUIRE(half_up(5, 10) == 1);
  STATIC_REQUIRE(half_up(15, 10) == 2);
  STATIC_REQUIRE(half_up(1, 3) == 0);
  STATIC_REQUIRE(half_up(2, 3) == 1);
  STATIC_REQUIRE(half_up(182, 365) == 0);
  STATIC_REQUIRE(half_up(183, 365) == 1);
}

TEST_CASE("completed years follow the calendar, for every day of 127 years") {
  const auto year = GENERATE(2025, 2028, 2100, 2101);
  const auto plan = make_year_plan({}, year);
  for (auto day = day_of(year - 127, 1, 2); day <= plan.days.first; ++day)
    if (completed_years(plan, day) != years_by_calendar(year, day))
      FAIL_CHECK("day " << day);
  CHECK(completed_years(plan, day_of(year - 200, 1, 1)) == completed_years_max);
  CHECK(completed_years(plan, plan.days.first + 1) == 0);
  CHECK(completed_years(plan, plan.days.last) == 0);
}

TEST_CASE("the days of a plan are those of its year") {
  const auto leap = make_year_plan({}, 2028).days;
  CHECK(leap.count == 366);
  CHECK(leap.opt_out == day_of(2028, 6, 15));
  CHECK(leap.last == day_of(2028, 12, 31));
  const auto common = make_year_plan({}, 2100).days;
  CHECK(common.count == 365);
  CHECK(common.first == day_of(2100, 1, 1));
  CHECK(common.enrollment == day_of(2100, 1, 15));
  CHECK(common.promotion == day_of(2100, 2, 1));
  CHECK(common.raise == day_of(2100, 7, 15));
  CHECK(prorate(common, 365 * 7 + 182) == 7);
  CHECK(prorate(common, 365 * 7 + 183) == 8);
  CHECK(prorate(leap, 366 * 7 + 183) == 8);
}

TEST_CASE("probabilities are exact products, rounded down and capped") {
  auto parameters = tests::read_golden_scenario();
  auto plan = make_year_plan(parameters, 2025);
  CHECK(plan.promotion_probability[0][2][2] == 198'000);
  CHECK(plan.promotion_probability[2][2][1] == 115'500);
  CHECK(plan.promotion_probability[4][2][2] == 0);
  CHECK(plan.enrollment_probability[2][2] == 805'000);
  CHECK(plan.enrollment_probability[3][3] == 1'000'000);
  CHECK(plan.opt_out_probability[0] == 560'000);
  CHECK(plan.raise_factor[4] == 1'080'000);

  parameters.promotion.base_rate = 333'333;
  parameters.promotion.age_multipliers[0] = 333'333;
  parameters.promotion.tenure_multipliers[0] = 999'999;
  parameters.promotion.tenure_multipliers[1] = 9'000'000'000;
  parameters.promotion.level_dampener = 400'000;
  plan = make_year_plan(parameters, 2025);
  // 0.333333 * 0.333333 * 0.999999 = 0.111110666...
  CHECK(plan.promotion_probability[0][0][0] == 111'110);
  CHECK(plan.promotion_probability[0][0][1] == 500'000);
  CHECK(plan.promotion_probability[3][0][1] == 0);
}

TEST_CASE("bands begin with their lower ends") {
  const auto plan = make_year_plan({}, 2025);
  CHECK(plan.age_bands[24] == 0);
  CHECK(plan.age_bands[25] == 1);
  CHECK(plan.age_bands[64] == 4);
  CHECK(plan.age_bands[127] == 5);
  CHECK(plan.tenure_bands[1] == 0);
  CHECK(plan.tenure_bands[2] == 1);
  CHECK(plan.tenure_bands[20] == 4);
  auto parameters = scenario{};
  parameters.bands = {.age = {1, 2, 3, 4, 127}, .tenure = {1, 10, 20, 30}};
  const auto other = make_year_plan(parameters, 2025);
  CHECK(other.age_bands[0] == 0);
  CHECK(other.age_bands[1] == 1);
  CHECK(other.age_bands[126] == 4);
  CHECK(other.age_bands[127] == 5);
  CHECK(other.tenure_bands[9] == 1);
  CHECK(other.tenure_bands[10] == 2);
  CHECK(other.age_segments == plan.age_segments);
  CHECK(plan.age_segments[29] == 0);
  CHECK(plan.age_segments[60] == 3);
  CHECK(income_segment(4'999'999) == 0);
  CHECK(income_segment(5'000'000) == 1);
  CHECK(income_segment(20'000'000) == 3);
}

TEST_CASE("only the scope of new hires has a first hire date") {
  auto parameters = tests::read_golden_scenario();
  CHECK(make_year_plan(parameters, 2025).hire_date_first
        == std::numeric_limits<day_number>::min());
  parameters.enrollment.scope = enrollment_scope::new_hires_only;
  CHECK(make_year_plan(parameters, 2025).hire_date_first == day_of(2020, 1, 1));
  parameters.enrollment.hire_date_cutoff.reset();
  CHECK(make_year_plan(parameters, 2025).hire_date_first
        == std::numeric_limits<day_number>::min());
}

} // namespace troupe::simulation
