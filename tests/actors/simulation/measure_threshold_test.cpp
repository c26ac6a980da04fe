#include "actors/simulation/measure_threshold.hpp"

#include <catch2/catch.hpp>

using namespace troupe::simulation;
using troupe::runtime::problem_kind;

TEST_CASE("a threshold is a measure, perhaps a year, a sign and a value") {
  const auto each_year = parse_threshold("end_headcount>1000");
  REQUIRE(each_year);
  CHECK(each_year->measure == find_measure("end_headcount"));
  CHECK_FALSE(each_year->year);
  CHECK(each_year->how == comparison::above);
  CHECK(each_year->value == 1'000);
  const auto one = parse_threshold(" end_payroll [2029] >= 1250000.50 ");
  REQUIRE(one);
  CHECK(one->year == 2029);
  CHECK(one->how == comparison::at_least);
  CHECK(one->value == 125'000'050);
  CHECK(parse_threshold("hires<5")->how == comparison::below);
  CHECK(parse_threshold("hires<=5")->how == comparison::at_most);
}

TEST_CASE("a threshold holds on its side of the value") {
  const auto at = [](const char* text, std::int64_t value) {
    return holds(*parse_threshold(text), value);
  };
  CHECK_FALSE(at("hires>5", 5));
  CHECK(at("hires>5", 6));
  CHECK(at("hires>=5", 5));
  CHECK_FALSE(at("hires>=5", 4));
  CHECK_FALSE(at("hires<5", 5));
  CHECK(at("hires<5", 4));
  CHECK(at("hires<=5", 5));
  CHECK_FALSE(at("hires<=5", 6));
}

TEST_CASE("what is no threshold is refused with an example") {
  for (const auto* const text :
       {"", ">", "hires", "hires=5", "hires>", ">5", "hires>>5", "hires[]>5",
        "hires[20x]>5", "hires[2026>5", "[2026]>5", "hires>5x", "hires=>5"}) {
    INFO(text);
    const auto read = parse_threshold(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == problem_kind::invalid_input);
    CHECK_FALSE(read.error().hint.empty());
  }
  const auto unknown = parse_threshold("end_headcont>5");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().hint.find("\"end_headcount\"") != std::string::npos);
}

TEST_CASE("a threshold is shown with its value in full") {
  CHECK(render(*parse_threshold("end_payroll[2029]>=1250000.5"))
        == "end payroll >= 1,250,000.50");
  CHECK(render(*parse_threshold("participation<0.5"))
        == "participation < 50 %");
}
