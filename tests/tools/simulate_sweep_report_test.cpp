#include "tools/cli/simulate_sweep_report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::tools;

namespace {

simulation::sweep grid() {
  return simulation::parse_sweep(
           std::vector<std::string>{"growth_rate=0.01,0.02", "merit=0,0.03"})
    .value();
}

/// One for each point, with its number as the headcount of 2026.
std::vector<simulation::projected_years> results() {
  auto all = std::vector<simulation::projected_years>(4);
  for (auto i = std::size_t{0}; i < all.size(); ++i) {
    all[i].resize(2);
    all[i][0].year = 2025;
    all[i][1].year = 2026;
    all[i][1].end_headcount = static_cast<std::int64_t>(i) + 1'000;
    all[i][1].end_payroll = 123'456'700;
  }
  return all;
}

std::vector<simulation::measure_in_year>
measures(const std::vector<std::string>& texts) {
  auto all = std::vector<simulation::measure_in_year>{};
  for (const auto& text : texts)
    all.push_back(simulation::parse_measure_in_year(text).value());
  return all;
}

} // namespace

TEST_CASE("a sweep is a row per point with the measures that were chosen") {
  const auto made = make_sweep_report(
    grid(), measures({"end_headcount", "end_payroll[2025]"}), results());
  REQUIRE(made);
  CHECK(render_sweep(*made)
        == "growth_rate  merit  end headcount 2026  end payroll 2025\n"
           "0.01         0                   1,000                 0\n"
           "0.01         0.03                1,001                 0\n"
           "0.02         0                   1,002                 0\n"
           "0.02         0.03                1,003                 0\n");
}

TEST_CASE("a sweep shows the usual measures of the last year by itself") {
  const auto made = make_sweep_report(grid(), {}, results());
  REQUIRE(made);
  const auto json = sweep_json(*made);
  REQUIRE(json.size() == 4);
  CHECK(json[3].at("label") == "growth_rate=0.02, merit=0.03");
  CHECK(json[3].at("parameters").at("merit") == "0.03");
  const auto& figures = json[3].at("figures");
  REQUIRE(figures.size() == 3);
  CHECK(figures[0].at("value") == 1'003);
  CHECK(figures[1].at("measure") == "end_payroll_cents");
  CHECK(figures[1].at("year") == 2026);
  CHECK(figures[1].at("value") == 123'456'700);
}

TEST_CASE("a sweep of other years or with missing results is refused") {
  const auto later
    = make_sweep_report(grid(), measures({"hires[2027]"}), results());
  REQUIRE_FALSE(later);
  CHECK(later.error().kind == runtime::problem_kind::invalid_input);
  auto few = results();
  few.pop_back();
  CHECK_FALSE(make_sweep_report(grid(), {}, few));
  auto shorter = results();
  shorter[2].pop_back();
  CHECK_FALSE(make_sweep_report(grid(), {}, shorter));
}
