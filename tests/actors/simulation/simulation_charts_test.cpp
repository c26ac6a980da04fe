#include "actors/simulation/simulation_charts.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

namespace troupe::tests {

using namespace troupe::simulation;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

projected_years two_years() {
  auto years = projected_years(2);
  years[0].year = 2025;
  years[0].start_headcount = 1'000;
  years[0].end_headcount = 1'030;
  years[0].start_payroll = 1'000'000'000;
  years[0].end_payroll = 1'234'000'000;
  years[0].end_enrolled = 515;
  years[0].hires = 77;
  years[0].end_by_level = {500, 300, 200, 20, 10};
  years[1] = years[0];
  years[1].year = 2026;
  years[1].end_headcount = 1'061;
  return years;
}

} // namespace

TEST_CASE("charts tell their figures in words as well") {
  const auto years = two_years();
  CHECK(contains(headcount_chart(years),
                 "start: 1,000; 2025: 1,030; 2026: 1,061</desc>"));
  CHECK(contains(payroll_chart(years),
                 "start: 10.00M; 2025: 12.34M; 2026: 12.34M</desc>"));
  CHECK(contains(mean_pay_chart(years), "2025: 11.98k; 2026: 11.63k</desc>"));
  CHECK(contains(participation_chart(years), "2025: 50.0 %; 2026: 48.5 %"));
  CHECK(contains(movements_chart(years), "hired 2025: 77; 2026: 77. left"));
  CHECK(contains(levels_chart(years), "level 5 2025: 10; 2026: 10</desc>"));
}

TEST_CASE("a year without people can be drawn") {
  const auto years = projected_years(1);
  for (const auto& chart : {headcount_chart(years), payroll_chart(years),
                            mean_pay_chart(years), participation_chart(years),
                            movements_chart(years), levels_chart(years)}) {
    CHECK(contains(chart, "</svg>"));
    CHECK_FALSE(contains(chart, "nan"));
    CHECK_FALSE(contains(chart, "inf"));
  }
}

TEST_CASE("a fan has bands where seeds differ, and a line where they do not") {
  auto members = std::vector(3, two_years());
  members[1][1].end_payroll = 1'300'000'000;
  members[2][1].end_payroll = 1'400'000'000;
  const auto of = find_bands(members).value();
  const auto payroll = fan_chart(of, *find_measure("end_payroll_cents"));
  CHECK(contains(payroll, "class=\"band1 c1\" d="));
  CHECK(contains(payroll, "class=\"band2 c1\" d="));
  CHECK(contains(payroll, "2026: median 13,000,000, 5 to 95 % 12,340,000 to "
                          "14,000,000</desc>"));
  CHECK(contains(payroll, ">95 %: 14.00M</text>"));
  const auto people = fan_chart(of, *find_measure("end_headcount"));
  CHECK_FALSE(contains(people, "band1"));
  CHECK(contains(people, "class=\"line c1\""));
  CHECK(contains(people, ">1,061</text>"));
}

} // namespace troupe::tests
