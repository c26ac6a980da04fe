#include "actors/simulation/goal_text.hpp"

#include <catch2/catch.hpp>

using namespace troupe::simulation;
using troupe::runtime::problem_kind;

TEST_CASE("a goal is a measure, perhaps a year, and its value") {
  const auto payroll = parse_goal_target("end_payroll[2029] = 1250000.5");
  REQUIRE(payroll);
  CHECK(payroll->of.named.measure == find_measure("end_payroll_cents"));
  CHECK(payroll->of.year == 2029);
  CHECK(payroll->value == 125'000'050);
  CHECK_FALSE(parse_goal_target("hires=5")->of.year);
  for (const auto* const text :
       {"", "hires", "=5", "hires=", "hires=x", "hires[x]=5"}) {
    INFO(text);
    const auto read = parse_goal_target(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == problem_kind::invalid_input);
  }
}

TEST_CASE("a range to search has two ends and perhaps a step") {
  const auto fine = parse_goal_range("growth_rate=-0.05:0.1");
  REQUIRE(fine);
  CHECK(fine->parameter == "growth_rate");
  CHECK(fine->lowest == -50'000);
  CHECK(fine->highest == 100'000);
  CHECK(fine->step == 1);
  CHECK(parse_goal_range("merit=0:0.1:0.001")->step == 1'000);
  for (const auto* const text :
       {"", "merit", "merit=", "merit=1", "merit=1:", ":1=1", "=0:1",
        "merit=0:1:", "merit=0:1:2:3", "merit=0:x",
        "merit=0:1:2:", "merit=0:0.0000001"}) {
    INFO(text);
    const auto read = parse_goal_range(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == problem_kind::invalid_input);
  }
}
