#include "actors/simulation/measure_text.hpp"

#include <catch2/catch.hpp>

using namespace troupe::simulation;
using troupe::runtime::problem_kind;

TEST_CASE("a measure is named with its unit, or without") {
  for (const auto& measure : year_measures()) {
    INFO(measure.name);
    CHECK(find_named_measure(measure.name)->measure == &measure);
    CHECK(find_named_measure(plain_name(measure))->measure == &measure);
  }
  CHECK(find_named_measure("end_payroll")->is_plain);
  CHECK_FALSE(find_named_measure("end_payroll_cents")->is_plain);
  CHECK(plain_name(*find_measure("participation_ppm")) == "participation");
}

TEST_CASE("a measure there is not is told with the one most like it") {
  const auto unit = find_named_measure("end_payrol_cents");
  REQUIRE_FALSE(unit);
  CHECK(unit.error().kind == problem_kind::invalid_input);
  CHECK(unit.error().hint.find("\"end_payroll_cents\"") != std::string::npos);
  const auto plain = find_named_measure("end_payrol");
  REQUIRE_FALSE(plain);
  CHECK(plain.error().hint.find("\"end_payroll\"") != std::string::npos);
  const auto far = find_named_measure("weather");
  REQUIRE_FALSE(far);
  CHECK(far.error().hint.find("promotions") != std::string::npos);
}

TEST_CASE("a value is in the unit that the name tells") {
  const auto value = [](const char* name, const char* text) {
    return parse_measure_value(*find_named_measure(name), text);
  };
  CHECK(value("end_payroll", "1250.5") == 125'050);
  CHECK(value("end_payroll_cents", "125050") == 125'050);
  CHECK(value("participation", "0.85") == 850'000);
  CHECK(value("participation_ppm", "850000") == 850'000);
  CHECK(value("hires", "12") == 12);
  CHECK_FALSE(value("hires", "12.5"));
  CHECK_FALSE(value("end_payroll", "12.505"));
  const auto cents = value("end_payroll_cents", "12.50");
  REQUIRE_FALSE(cents);
  CHECK(cents.error().kind == problem_kind::invalid_input);
  CHECK(cents.error().hint.find("name it end_payroll") != std::string::npos);
}

TEST_CASE("a value is shown as a person reads it") {
  const auto& payroll = *find_measure("end_payroll_cents");
  const auto& share = *find_measure("participation_ppm");
  const auto& hires = *find_measure("hires");
  CHECK(render_measure(payroll, 123'456'749) == "1,234,567");
  CHECK(render_measure(payroll, 123'456'750) == "1,234,568");
  CHECK(render_measure(payroll, -150) == "-1");
  CHECK(render_measure(payroll, -151) == "-2");
  CHECK(render_measure(share, 832'451) == "83.2 %");
  CHECK(render_measure(share, 999'950) == "100.0 %");
  CHECK(render_measure(hires, 10'300) == "10,300");
  CHECK(render_measure_exactly(payroll, 123'456'749) == "1,234,567.49");
  CHECK(render_measure_exactly(share, 832'451) == "83.2451 %");
  CHECK(render_measure_exactly(share, 650'000) == "65 %");
  CHECK(render_measure_exactly(share, 0) == "0 %");
  CHECK(spoken_name(payroll) == "end payroll");
  CHECK(render_measure_exactly(hires, 10'300) == "10,300");
}

TEST_CASE("a measure may be named with a year") {
  const auto one = parse_measure_in_year(" end_payroll [2029] ");
  REQUIRE(one);
  CHECK(one->named.measure == find_measure("end_payroll_cents"));
  CHECK(one->named.is_plain);
  CHECK(one->year == 2029);
  CHECK_FALSE(parse_measure_in_year("hires")->year);
  for (const auto* const text :
       {"", "hires[", "hires[]", "hires[x]", "hires]", "hires[2029"}) {
    INFO(text);
    const auto read = parse_measure_in_year(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == problem_kind::invalid_input);
  }
}
