#include "runtime/host_load.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::runtime;

TEST_CASE("processor time is read without what waits") {
  const auto times = parse_cpu_times("cpu  10 1 5 80 4 2 3 0 7 7\n"
                                     "cpu0 10 1 5 80 4 2 3 0 7 7\n");
  REQUIRE(times);
  CHECK(times->busy == 21);
  CHECK(times->total == 105);
  CHECK_FALSE(parse_cpu_times("intr 1 2 3\n"));
  CHECK_FALSE(parse_cpu_times("cpu  1 2\n"));
  CHECK_FALSE(parse_cpu_times(""));
}

TEST_CASE("the processor is as busy as it was since the reading before") {
  CHECK(cpu_percent({100, 1'000}, {175, 1'100}) == Approx(75));
  CHECK_FALSE(cpu_percent({100, 1'000}, {100, 1'000}));
}

TEST_CASE("memory is in use as far as it is not available") {
  const auto* const text = "MemTotal:       1000 kB\nMemFree:          10 kB\n"
                           "MemAvailable:     250 kB\n";
  CHECK(parse_memory_percent(text) == Approx(75));
  CHECK_FALSE(parse_memory_percent("MemTotal: 1000 kB\n"));
  CHECK_FALSE(parse_memory_percent("MemTotal: x\nMemAvailable: 1 kB\n"));
}

TEST_CASE("the load of this machine can be read") {
  auto reader = host_load_reader{};
  const auto first = reader.read();
  REQUIRE(first);
  CHECK_FALSE(first->cpu_percent);
  CHECK(first->memory_percent > 0);
  CHECK(first->memory_percent < 100);
}

TEST_CASE("a machine without figures says what to do") {
  auto reader = host_load_reader{"/nowhere"};
  const auto none = reader.read();
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == problem_kind::unavailable);
  CHECK(none.error().hint.find("--cpu-max") != std::string::npos);
}
