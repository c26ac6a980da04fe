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
  values.bands.age = {20, 30, 40, 50, 60};
  values.workforce.level_quotas = true;
  values.workforce.selection.method = leaver_selection::hazard_weighted;
  values.workforce.selection.age_multipliers[2] = 1'300'000;
  values.workforce.selection.level_multipliers[4] = 0;
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
    CHECK(again->bands == values.bands);
    CHECK(again->workforce.level_quotas == values.workforce.level_quotas);
    const auto& selection = values.workforce.selection;
    CHECK(again->workforce.selection.method == selection.method);
    CHECK(again->workforce.selection.age_multipliers
          == selection.age_multipliers);
    CHECK(again->workforce.selection.level_multipliers
          == selection.level_multipliers);
  }
}

TEST_CASE("options change the text only where they are not as by default") {
  // As it was before there were options: stored digests have to hold.
  CHECK(canonical_text(scenario{})
        == R"({"start_year":0,"end_year":0,"random_seed":0,"growth":0,)"
           R"("growth_by_year":[],"headcount_method":"ceil",)"
           R"("termination":120000,"new_hire_termination":250000,)"
           R"("waiting_period_days":365,"minimum_age":21,"compensation":)"
           R"({"cola":0,"merit_by_level":[0,0,0,0,0],"hire_band_by_level":)"
           R"([[0,0],[0,0],[0,0],[0,0],[0,0]]},"cola_by_year":[],)"
           R"("promotion":{"base_rate":0,"level_dampener":0,)"
           R"("age_multipliers":[0,0,0,0,0,0],)"
           R"("tenure_multipliers":[0,0,0,0,0]},"enrollment":)"
           R"({"scope":"all_eligible_employees","hire_date_cutoff":null,)"
           R"("rate_by_age_segment":[0,0,0,0],"income_multipliers":[0,0,0,0],)"
           R"("deferral_by_age_segment":[0,0,0,0],"opt_out_rate_young":0,)"
           R"("opt_out_income_multipliers":[0,0,0,0]}})");
  CHECK(parse_canonical_text(complete_text({})));
  CHECK(complete_text({}).size() > canonical_text({}).size() + 100);
  auto values = scenario{};
  // Multipliers that have no effect change nothing.
  values.workforce.selection.age_multipliers[0] = 2;
  values.bands.tenure[3] = 25;
  CHECK(canonical_text(values).ends_with(
    R"([0,0,0,0]},"bands":{"age":[25,35,45,55,65],"tenure":[2,5,10,25]}})"));
  values.bands = {};
  values.workforce.selection.method = leaver_selection::hazard_weighted;
  values.workforce.level_quotas = true;
  CHECK(canonical_text(values).ends_with(
    R"([0,0,0,0]},"selection":{"method":"hazard_weighted",)"
    R"("age_multipliers":[2,1000000,1000000,1000000,1000000,1000000],)"
    R"("tenure_multipliers":[1000000,1000000,1000000,1000000,1000000],)"
    R"("level_multipliers":[1000000,1000000,1000000,1000000,1000000]},)"
    R"("level_quotas":true})"));
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
  auto bands = text;
  bands.replace(bands.find(R"("tenure":)"), 8, R"("tenures")");
  CHECK_FALSE(parse_canonical_text(bands));
}
