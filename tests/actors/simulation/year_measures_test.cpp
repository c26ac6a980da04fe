#include "actors/simulation/year_measures.hpp"
#include "actors/simulation/year_totals_json.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace troupe::simulation;

TEST_CASE("measures that years.json has, have its names and values") {
  auto totals = year_totals{};
  totals.end_headcount = 4;
  totals.end_enrolled = 1;
  totals.end_payroll = 1'002;
  totals.promotions = 5;
  const auto json = to_json(totals);
  for (const auto& measure : year_measures()) {
    INFO(measure.name);
    if (const auto found = json.find(std::string{measure.name});
        found != json.end())
      CHECK(found->get<std::int64_t>() == measure.of(totals));
  }
  CHECK(find_measure("promotions")->of(totals) == 5);
  CHECK(find_measure("participation_ppm")->of(totals) == 250'000);
  CHECK(find_measure("mean_pay_cents")->of(totals) == 251);
}

TEST_CASE("a share of nobody is none") {
  CHECK(find_measure("participation_ppm")->of({}) == 0);
  CHECK(find_measure("mean_pay_cents")->of({}) == 0);
}

TEST_CASE("measures are found by their names, which are unique") {
  auto names = std::set<std::string_view>{};
  for (const auto& measure : year_measures()) {
    names.insert(measure.name);
    CHECK(find_measure(measure.name) == &measure);
  }
  CHECK(names.size() == year_measures().size());
  CHECK(find_measure("headcount") == nullptr);
}

TEST_CASE("the payroll of the start is known before any draw") {
  const auto& start = *find_measure("start_payroll_cents");
  CHECK_FALSE(depends_on_draws(start, true));
  CHECK(depends_on_draws(start, false));
  CHECK_FALSE(depends_on_draws(*find_measure("hires"), false));
  CHECK(depends_on_draws(*find_measure("raises"), true));
}
