#include "actors/simulation/decimal_text.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troupe::simulation;

TEST_CASE("a decimal is read to its smallest part, exactly") {
  CHECK(parse_decimal("12", 0) == 12);
  CHECK(parse_decimal("12", 2) == 1'200);
  CHECK(parse_decimal("12.5", 2) == 1'250);
  CHECK(parse_decimal("-0.07", 2) == -7);
  CHECK(parse_decimal("9223372036854775807", 0)
        == std::numeric_limits<std::int64_t>::max());
  CHECK(parse_decimal("92233720368547758.07", 2)
        == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("what is no decimal of so many places is not read") {
  for (const auto* const text :
       {"", "-", ".", ".5", "5.", "1.234", "1,000", " 1", "1 ", "1e3", "+1",
        "0x1", "--1", "1.2.3", "1.-2", "92233720368547758.08"}) {
    INFO(text);
    CHECK_FALSE(parse_decimal(text, 2));
  }
  CHECK_FALSE(parse_decimal("1.0", 0));
}

TEST_CASE("digits are shown in groups of three") {
  CHECK(group_digits(0) == "0");
  CHECK(group_digits(999) == "999");
  CHECK(group_digits(1'000) == "1,000");
  CHECK(group_digits(1'234'567) == "1,234,567");
  CHECK(group_digits(-123'456) == "-123,456");
  CHECK(group_digits(std::numeric_limits<std::int64_t>::min())
        == "-9,223,372,036,854,775,808");
}

TEST_CASE("all decimals are shown, zeros included") {
  CHECK(render_decimal(123'456, 2) == "1,234.56");
  CHECK(render_decimal(100'000, 2) == "1,000.00");
  CHECK(render_decimal(-5, 2) == "-0.05");
  CHECK(render_decimal(12'345, 0) == "12,345");
}
