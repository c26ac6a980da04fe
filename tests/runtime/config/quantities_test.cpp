#include "runtime/config/quantities.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe::runtime;

TEST_CASE("a duration is read in either notation") {
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("1d1ms") == 24h + 1ms);
  CHECK(parse_duration("0") == 0ms);
  CHECK(parse_duration("PT1H30M") == 90min);
  CHECK(parse_duration("P1DT0.5S") == 24h + 500ms);
  CHECK(parse_duration("P2W") == 24h * 14);
}

TEST_CASE("what is no duration is refused") {
  const auto text
    = GENERATE(as<std::string>{}, "", "90", "s", "-5s", "1m1h", "1s1s", "1x",
               "1.s", ".5s", "1.0001s", "1e3s", "P", "PT", "P1Y", "P1M", "PT1D",
               "1 h", "9999999999999999999s", "106751991168d", "0.0.1s");
  CAPTURE(text);
  const auto read = parse_duration(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == problem_kind::invalid_input);
  CHECK_FALSE(read.error().hint.empty());
}

TEST_CASE("a rendered duration is read back as itself") {
  CHECK(render_duration(90min) == "1h30m");
  CHECK(render_duration(0ms) == "0");
  CHECK(render_duration(24h + 1ms) == "1d1ms");
  for (const auto value :
       {1ms, 999ms, 1000ms, 61'001ms, 86'400'000ms, 123'456'789ms})
    CHECK(parse_duration(render_duration(value)) == value);
}

TEST_CASE("a time of day has two digits each") {
  CHECK(parse_time_of_day("06:00") == 6h);
  CHECK(parse_time_of_day("23:59:30") == 23h + 59min + 30s);
  CHECK(parse_time_of_day("24:00") == 24h);
  const auto text
    = GENERATE(as<std::string>{}, "", "6:00", "06.00", "24:00:01", "25:00",
               "12:60", "12:00:60", "12:00:", "12:00-00", "12:00 ", "-1:00");
  CAPTURE(text);
  const auto read = parse_time_of_day(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == problem_kind::invalid_input);
  CHECK_FALSE(read.error().hint.empty());
}

TEST_CASE("a size is read in powers of 1024 and of 1000") {
  CHECK(parse_byte_size("64MiB") == 64u << 20);
  CHECK(parse_byte_size("1.5GiB") == 1536ull << 20);
  CHECK(parse_byte_size("500kB") == 500'000u);
  CHECK(parse_byte_size("2TB") == 2'000'000'000'000u);
  CHECK(parse_byte_size("17") == 17u);
  CHECK(parse_byte_size("17B") == 17u);
  CHECK(parse_byte_size("0") == 0u);
}

TEST_CASE("what is no size is refused") {
  const auto text = GENERATE(as<std::string>{}, "", "MiB", "-1B", "1mib", "1KB",
                             "0.5B", "1.2.3MiB", "1 MiB", "99999999999TiB");
  CAPTURE(text);
  CHECK_FALSE(parse_byte_size(text));
}

TEST_CASE("a rendered size is read back as itself") {
  CHECK(render_byte_size(64u << 20) == "64MiB");
  CHECK(render_byte_size(0) == "0B");
  for (const auto value : {1ull, 1000ull, 1024ull, 1536ull, 3ull << 40})
    CHECK(parse_byte_size(render_byte_size(value)) == value);
}
