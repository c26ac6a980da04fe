#include "actors/simulation/rate_text.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace troupe::simulation {

TEST_CASE("rates are read exactly") {
  const auto cases = std::vector<std::pair<std::string, ppm>>{
    {"0", 0},
    {"0.035", 35'000},
    {"1.6", 1'600'000},
    {"-0.02", -20'000},
    {"1", ppm_whole},
    {"0.000001", 1},
    {"-0.000001", -1},
    {"100", 100'000'000},
    {"0.07", 70'000},
    {"00.10", 100'000},
    {"999999.999999", 999'999'999'999}};
  for (const auto& [text, rate] : cases) {
    CAPTURE(text);
    CHECK(parse_rate(text).value() == rate);
  }
}

TEST_CASE("what is no plain decimal is refused with a hint") {
  for (const auto* text :
       {"", "-", ".5", "5.", "+1", "1e-2", "3%", "0,5", " 1", "1 ", "--1",
        "0.0.1", "nan", "0.0000001", "1.0000000", "1000000"}) {
    CAPTURE(text);
    const auto rate = parse_rate(text);
    REQUIRE_FALSE(rate);
    CHECK(rate.error().kind == runtime::problem_kind::invalid_input);
    CHECK_FALSE(rate.error().hint.empty());
  }
  CHECK(parse_rate("0.0000001").error().hint.find("six decimals")
        != std::string::npos);
}

TEST_CASE("a rendered rate reads back") {
  CHECK(render_rate(35'000) == "0.035");
  CHECK(render_rate(-1'020'000) == "-1.02");
  CHECK(render_rate(-1) == "-0.000001");
  CHECK(render_rate(2 * ppm_whole) == "2");
  CHECK(render_rate(10 * ppm_whole) == "10");
  for (auto rate = ppm{-3'000'000}; rate < 3'000'000; rate += 977)
    REQUIRE(parse_rate(render_rate(rate)).value() == rate);
}

} // namespace troupe::simulation
