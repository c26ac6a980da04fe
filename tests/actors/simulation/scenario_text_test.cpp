#include "actors/simulation/scenario_text.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::simulation;
using troupe::tests::read_golden_scenario;

namespace {

scenario unusual_scenario() {
  auto values = read_golden_scenario();
  values.seed = ~std::uint64_t{0};
  values.growth_rate = -12'345;
  values.workforce.method = headcount_method::exact_target;
  values.growth_by_year = {{2026, -5}, {2027, 40'000}};
  values.cola_by_year = {{2028, 1}};
  values.enrollment.scope = enrollment_scope::new_hires_only;
  values.enrollment.hire_date_cutoff
    = std::chrono::sys_days{std::chrono::year{2020} / 2 / 29};
  return values;
}

} // namespace

TEST_CASE("a scenario is what its canonical text says") {
  for (const auto& values : {read_golden_scenario(), unusual_scenario()}) {
    const auto text = canonical_text(values);
    const auto again = parse_canonical_text(text);
    REQUIRE(again);
    CHECK(canonical_text(*again) == text);
    CHECK(digest(*again) == digest(values));
    CHECK(again->seed == values.seed);
    CHECK(again->enrollment.hire_date_cutoff
          == values.enrollment.hire_date_cutoff);
    CHECK(again->growth_by_year == values.growth_by_year);
  }
}

TEST_CASE("a text that is not canonical is refused") {
  const auto text = canonical_text(unusual_scenario());
  CHECK_FALSE(parse_canonical_text(""));
  CHECK_FALSE(parse_canonical_text("{}"));
  CHECK_FALSE(parse_canonical_text(text.substr(0, text.size() - 1)));
  auto word = text;
  word.replace(word.find("exact_target"), 5, "wrong");
  CHECK_FALSE(parse_canonical_text(word));
  auto day = text;
  day.replace(day.find("2020-02-29"), 10, "2021-02-29");
  CHECK_FALSE(parse_canonical_text(day));
}
