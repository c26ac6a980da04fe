#include "runtime/instant.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe::runtime;

TEST_CASE("an instant is read in UTC and with an offset") {
  const auto noon
    = instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 29} + 12h};
  for (const auto* text :
       {"2026-03-29T12:00:00Z", "2026-03-29T14:00:00+02:00",
        "2026-03-29t06:30:00-05:30", "2026-03-29 12:00:00.000z",
        "2026-03-30T11:59:00+23:59"}) {
    CAPTURE(text);
    CHECK(parse_instant(text) == noon);
  }
  CHECK(parse_instant("2026-03-29T12:00:00.25Z") == noon + 250ms);
  CHECK(parse_instant("2026-03-29T12:00:00.000001Z") == noon + 1us);
}

TEST_CASE("an instant is written so that it reads back") {
  for (const std::string text :
       {"2026-03-29T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z",
        "1969-12-31T23:59:59.5Z", "2024-02-29T00:00:00.000001Z"}) {
    const auto read = parse_instant(text);
    REQUIRE(read);
    CHECK(to_string(*read) == text);
  }
}

TEST_CASE("what is no instant is refused with an example") {
  for (const std::string text :
       {"", "now", "2026-03-29", "2026-03-29T12:00Z", "2026-03-29T12:00:00",
        "2026-02-29T12:00:00Z", "2026-13-01T12:00:00Z", "2026-03-29T24:00:00Z",
        "2026-03-29T12:60:00Z", "2026-03-29T12:00:60Z", "2026-03-29T12:00:00.Z",
        "2026-03-29T12:00:00.1234567Z", "2026-03-29T12:00:00Z ",
        "2026-03-29T12:00:00+24:00", "2026-03-29T12:00:00+2",
        "0000-12-31T23:59:59Z", "9999-12-31T00:00:01Z", "+026-03-29T12:00:00Z",
        "2026-03-29T12:00:0\xff"}) {
    CAPTURE(text);
    const auto read = parse_instant(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().hint.find("2026-03-29T01:00:00Z") != std::string::npos);
  }
}
