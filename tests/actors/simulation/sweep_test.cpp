#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/sweep.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::simulation {

namespace {

using texts = std::vector<std::string>;

texts values_of(const std::string& text) {
  return parse_sweep_axis(text).value().values;
}

runtime::problem problem_of(const texts& of) {
  const auto made = parse_sweep(of);
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == runtime::problem_kind::invalid_input);
  CHECK_FALSE(made.error().hint.empty());
  return made.error();
}

} // namespace

TEST_CASE("a range of a sweep has both its ends and is exact") {
  CHECK(values_of("growth_rate=0.1:0.3:0.1") == texts{"0.1", "0.2", "0.3"});
  CHECK(values_of("random_seed=1:3:1") == texts{"1", "2", "3"});
  CHECK(values_of("growth_rate=0.01:-0.01:-0.01")
        == texts{"0.01", "0", "-0.01"});
  CHECK(values_of("merit=0.035:0.035:0.01") == texts{"0.035"});
  CHECK(values_of("merit=0:0.000002:0.000001")
        == texts{"0", "0.000001", "0.000002"});
  CHECK(values_of("x=1:10000:1").size() == 10'000);
}

TEST_CASE("a list of a sweep has its values as they are written") {
  CHECK(values_of("random_seed=7, 18446744073709551615")
        == texts{"7", "18446744073709551615"});
  CHECK(values_of("workforce.headcount_method=ceil,exact_target")
        == texts{"ceil", "exact_target"});
  CHECK(values_of("k=[1, 2],{a: 3, b: 4},'x,y',\"[\",5")
        == texts{"[1, 2]", "{a: 3, b: 4}", "'x,y'", "\"[\"", "5"});
  CHECK(values_of("cutoff=2025-01-01") == texts{"2025-01-01"});
}

TEST_CASE("several parameters make a grid, the last varying fastest") {
  const auto made = parse_sweep(texts{"growth_rate=0.01,0.02", "merit=0:2:1"});
  REQUIRE(made);
  REQUIRE(made->points.size() == 6);
  CHECK(made->axes[1].parameter == "merit");
  CHECK(made->points[0].label == "growth_rate=0.01, merit=0");
  CHECK(made->points[1].label == "growth_rate=0.01, merit=1");
  CHECK(made->points[3].label == "growth_rate=0.02, merit=0");
  CHECK(made->points[5].values == texts{"0.02", "2"});
  REQUIRE(made->points[5].overrides.size() == 3);
  CHECK(made->points[5].overrides[0].path == "target_growth_rate");
  CHECK(made->points[5].overrides[0].text == "0.02");
  CHECK(made->points[5].overrides[2].text == "[2, 2, 2, 2, 2]");
}

TEST_CASE("the points of a sweep are read as scenarios") {
  const auto made
    = parse_sweep(texts{"growth_rate=0.01:0.03:0.01",
                        "workforce.headcount_method=ceil,exact_target"});
  REQUIRE(made);
  const auto path = tests::golden("simulation/scenario.yaml").string();
  auto digests = std::vector<std::uint64_t>{};
  for (const auto& point : made->points)
    digests.push_back(
      digest(read_scenarios(path, point.overrides).value().front().values));
  std::ranges::sort(digests);
  CHECK(std::ranges::adjacent_find(digests) == digests.end());
  CHECK(digests.size() == 6);
}

TEST_CASE("a step that misses the end is refused with the ends it meets") {
  const auto wrong = problem_of({"growth_rate=0.01:0.05:0.015"});
  CHECK(wrong.key == "growth_rate");
  CHECK(wrong.hint == "end at 0.04 or 0.055");
  CHECK(problem_of({"growth_rate=0.05:0.01:-0.015"}).hint
        == "end at 0.02 or 0.005");
}

TEST_CASE("what is no sweep is refused") {
  for (const auto* const text :
       {"", "growth_rate", "=1,2", "a=", "a=1,", "a=,1", "a=1,,2", "a=1,1",
        "a=1:2:0", "a=1:2:-1", "a=2:1:1", "a=1:2:x", "a=::", "a=1:2:0.0000001",
        "a=0:9000000000000:1"}) {
    INFO(text);
    problem_of({text});
  }
  problem_of({});
  CHECK(problem_of({"merit=0.1", "compensation.merit_by_level=[0]"})
          .message.find("twice")
        != std::string::npos);
}

TEST_CASE("a sweep of too many points is refused before they are made") {
  const auto one = problem_of({"x=0:1000000000:1"});
  CHECK(one.message == "a sweep over 1,000,000,001 points is more than 10,000");
  const auto grid = problem_of({"x=1:101:1", "y=1:100:1"});
  CHECK(grid.message == "a sweep over 10,100 points is more than 10,000");
  CHECK(parse_sweep(texts{"x=1:100:1", "y=1:100:1"})->points.size() == 10'000);
}

} // namespace troupe::simulation
