#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/scenario_parameter.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

scenario golden_with(const std::vector<scenario_override>& overrides) {
  return read_scenarios(tests::golden("simulation/scenario.yaml").string(),
                        overrides)
    .value()
    .front()
    .values;
}

} // namespace

TEST_CASE("a short name sets its rate in every year and level") {
  auto overrides = std::vector<scenario_override>{
    {"growth_by_year", "{2026: 0.5}"},
    {"compensation.cola_by_year", "{2026: 0.5}"}};
  REQUIRE(golden_with(overrides).growth_by_year.size() == 1);
  for (const auto& [name, value] :
       {std::pair{"growth_rate", "-0.02"}, std::pair{"cola", "0.011"},
        std::pair{"merit", "0.045"}})
    for (const auto& each : set_parameter(name, value))
      overrides.push_back(each);
  const auto set = golden_with(overrides);
  CHECK(set.growth_rate == -20'000);
  CHECK(set.growth_by_year.empty());
  CHECK(set.compensation.cola_rate == 11'000);
  CHECK(set.cola_by_year.empty());
  for (const auto merit : set.compensation.merit_by_level)
    CHECK(merit == 45'000);
}

TEST_CASE("any other parameter is the path of a key") {
  const auto set
    = golden_with(set_parameter("workforce.total_termination_rate", "0.2"));
  CHECK(set.workforce.termination_rate == 200'000);
}

} // namespace troupe::simulation
