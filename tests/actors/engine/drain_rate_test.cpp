#include "actors/engine/drain_rate.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace std::chrono_literals;
using troupe::engine::drain_rate;

namespace {

const auto start = drain_rate::instant{1h};

} // namespace

TEST_CASE("nothing that left, no rate") {
  auto rate = drain_rate{60s};
  CHECK_FALSE(rate.per_second(start));
  rate.record(start);
  CHECK(rate.per_second(start));
  CHECK(rate.per_second(start + 100s));
  CHECK_FALSE(rate.per_second(start + 120s));
}

TEST_CASE("a steady stream has its rate, from the first seconds on") {
  auto rate = drain_rate{60s};
  auto now = start;
  for (auto count = 0; count < 3'000; ++count, now += 100ms) {
    rate.record(now);
    if (count >= 50)
      REQUIRE(rate.per_second(now).value() == Approx(10.0).epsilon(0.025));
  }
}

TEST_CASE("a rate follows a change within two windows") {
  auto rate = drain_rate{60s};
  auto now = start;
  for (auto count = 0; count < 2'000; ++count, now += 100ms)
    rate.record(now);
  for (auto count = 0; count < 120; ++count, now += 1s)
    rate.record(now);
  CHECK(rate.per_second(now).value() == Approx(1.0).epsilon(0.02));
}

TEST_CASE("a first burst is not taken for a rate per instant") {
  auto rate = drain_rate{60s};
  for (auto count = 0; count < 5; ++count)
    rate.record(start);
  CHECK(rate.per_second(start).value() == Approx(5.0));
}

TEST_CASE("a clock that was set back does no harm") {
  auto rate = drain_rate{60s};
  rate.record(start);
  rate.record(start - 30s);
  CHECK(rate.per_second(start - 30s).value() == Approx(2.0));
}
