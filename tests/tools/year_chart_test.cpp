#include "tools/cli/year_chart.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace troupe::tools {

namespace {

simulation::year_totals make_totals(std::int32_t year, std::int64_t people) {
  auto totals = simulation::year_totals{};
  totals.year = year;
  totals.start_headcount = people - 1;
  totals.hires = 1;
  totals.end_headcount = people;
  totals.end_enrolled = people / 4;
  totals.end_payroll = people * 12'345'650;
  return totals;
}

} // namespace

TEST_CASE("years are rows of a table, and bars against the largest") {
  const auto years
    = std::vector{make_totals(2025, 1'000), make_totals(2026, 2'000)};
  const auto text = render_years(years);
  CHECK(text.starts_with("year "));
  CHECK(text.find("\n2026      1,999") != std::string::npos);
  CHECK(text.find("246,913,000\n") != std::string::npos);
  CHECK(text.find("  2025  ###############...............  1,000\n")
        != std::string::npos);
  CHECK(text.find("  2026  ##############################  2,000\n")
        != std::string::npos);
  CHECK(text.find("  2025  ########......................  25.0 %\n")
        != std::string::npos);
  CHECK(text.ends_with("\n"));
}

TEST_CASE("years without anybody have empty bars") {
  const auto years = std::vector{make_totals(2025, 0)};
  const auto text = render_years(years);
  CHECK(text.find("  2025  ..............................  0\n")
        != std::string::npos);
  CHECK(text.find("..............................  -\n") != std::string::npos);
  CHECK_FALSE(render_years({}).empty());
}

} // namespace troupe::tools
