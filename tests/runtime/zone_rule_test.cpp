#include "runtime/zone_rule.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

namespace chrono = std::chrono;

chrono::sys_seconds at(int year, unsigned month, unsigned day,
                       chrono::seconds time = 0s) {
  return chrono::sys_days{chrono::year{year} / chrono::month{month}
                          / chrono::day{day}}
         + time;
}

zone_rule rule(std::string_view text) {
  const auto parsed = zone_rule::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

} // namespace

TEST_CASE("a zone rule with daylight time changes twice a year") {
  const auto berlin = rule("CET-1CEST,M3.5.0,M10.5.0/3");
  CHECK(berlin.has_daylight_time());
  CHECK(berlin.period_at(at(2040, 7, 1))
        == offset_period{at(2040, 3, 25, 1h), at(2040, 10, 28, 1h), 2h});
  CHECK(berlin.period_at(at(2040, 3, 25, 1h)).offset == 2h);
  CHECK(berlin.period_at(at(2040, 3, 25, 1h) - 1s).offset == 1h);
  CHECK(berlin.period_at(at(2040, 12, 31))
        == offset_period{at(2040, 10, 28, 1h), at(2041, 3, 31, 1h), 1h});
}

TEST_CASE("a zone rule of the south has daylight time over new year") {
  const auto lord_howe = rule("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
  CHECK(
    lord_howe.period_at(at(2040, 1, 1))
    == offset_period{at(2039, 10, 1, 15h + 30min), at(2040, 3, 31, 15h), 11h});
  CHECK(lord_howe.period_at(at(2040, 6, 1)).offset == 10h + 30min);
}

TEST_CASE("a zone rule may change before midnight or days after") {
  const auto nuuk = rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  CHECK(nuuk.period_at(at(2040, 7, 1))
        == offset_period{at(2040, 3, 25, 1h), at(2040, 10, 28, 1h), -1h});
  const auto gaza = rule("EET-2EEST,M3.4.4/50,M10.4.4/50");
  CHECK(gaza.period_at(at(2040, 7, 1))
        == offset_period{at(2040, 3, 24), at(2040, 10, 26, 23h), 3h});
}

TEST_CASE("a zone rule may count days") {
  const auto julian = rule("AAA0BBB,J60/0,J305/1");
  CHECK(julian.period_at(at(2040, 7, 1))
        == offset_period{at(2040, 3, 1), at(2040, 11, 1), 1h});
  CHECK(julian.period_at(at(2041, 7, 1)).begin == at(2041, 3, 1));
  const auto counted = rule("AAA0BBB,59/0,304/1");
  CHECK(counted.period_at(at(2040, 7, 1)).begin == at(2040, 2, 29));
  CHECK(counted.period_at(at(2041, 7, 1)).begin == at(2041, 3, 1));
}

TEST_CASE("a zone rule without daylight time never changes") {
  const auto india = rule("IST-5:30");
  CHECK_FALSE(india.has_daylight_time());
  CHECK(india.period_at(at(2040, 7, 1))
        == offset_period{zone_time_min, zone_time_max, 5h + 30min});
}

TEST_CASE("a zone rule with daylight time all year has one offset") {
  const auto always = rule("XXX3EDT4,0/0,J365/23");
  CHECK(always.period_at(at(2040, 1, 1)).offset == -4h);
  CHECK(always.period_at(at(2040, 7, 1)).offset == -4h);
  CHECK(always.period_at(at(2040, 12, 31, 23h)).offset == -4h);
}

TEST_CASE("a zone rule stands still after the year 9999") {
  const auto berlin = rule("CET-1CEST,M3.5.0,M10.5.0/3");
  const auto last = berlin.period_at(at(20'000, 7, 1));
  CHECK(last.offset == 1h);
  CHECK(last.end == zone_time_max);
}

TEST_CASE("what is no zone rule is refused") {
  for (const auto* text :
       {"", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365", "CET-1CEST,0,366",
        "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M3.5.0,M10.5.0 ", "<+1-1",
        "<>-1", "CET-1:60", "99999"}) {
    INFO(text);
    CHECK_FALSE(zone_rule::parse(text));
  }
}
