#include "runtime/supervision/restart_policy.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace std::chrono_literals;
using namespace troupe::runtime;

TEST_CASE("the restart kind decides which exits call for a restart") {
  CHECK(calls_for_restart(restart_kind::permanent, exit_kind::clean));
  CHECK(calls_for_restart(restart_kind::permanent, exit_kind::failed));
  CHECK_FALSE(calls_for_restart(restart_kind::transient, exit_kind::clean));
  CHECK(calls_for_restart(restart_kind::transient, exit_kind::failed));
  CHECK_FALSE(calls_for_restart(restart_kind::temporary, exit_kind::clean));
  CHECK_FALSE(calls_for_restart(restart_kind::temporary, exit_kind::failed));
}

TEST_CASE("the strategy decides who is restarted too") {
  const auto failed = GENERATE(range(std::size_t{0}, std::size_t{4}));
  CHECK(affected_children(restart_strategy::one_for_one, failed, 4)
        == child_range{failed, failed + 1});
  CHECK(affected_children(restart_strategy::one_for_all, failed, 4)
        == child_range{0, 4});
  CHECK(affected_children(restart_strategy::rest_for_one, failed, 4)
        == child_range{failed, 4});
}

TEST_CASE("restarts are limited within a sliding window") {
  auto intensity = restart_intensity{{2, 10s}};
  auto now = restart_intensity::time_point{};
  CHECK(intensity.try_restart(now));
  CHECK(intensity.try_restart(now + 6s));
  CHECK_FALSE(intensity.try_restart(now + 10s - 1ns));
  CHECK(intensity.try_restart(now + 10s));
  CHECK_FALSE(intensity.try_restart(now + 16s - 1ns));
  CHECK(intensity.try_restart(now + 16s));
}

TEST_CASE("a limit of zero allows no restart at all") {
  auto intensity = restart_intensity{{0, 10s}};
  CHECK_FALSE(intensity.try_restart({}));
}

TEST_CASE("the delay before a restart stays below a bound that doubles") {
  const auto limits = restart_delay_limits{10ms, 100ms};
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    CHECK(restart_delay(limits, 0, seed, 0) <= 10ms);
    CHECK(restart_delay(limits, 1, seed, 0) <= 20ms);
    CHECK(restart_delay(limits, 4, seed, 0) <= 100ms);
    CHECK(restart_delay(limits, 4'000'000'000, seed, 0) <= 100ms);
    CHECK(restart_delay(limits, 2, seed, 0) >= 0ms);
  }
}

TEST_CASE("the delay before a restart uses its whole range") {
  const auto limits = restart_delay_limits{10ms, 80ms};
  auto low = 80'000us;
  auto high = 0us;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    const auto delay = restart_delay(limits, 3, seed, 7);
    low = std::min(low, delay);
    high = std::max(high, delay);
  }
  CHECK(low < 2ms);
  CHECK(high > 78ms);
}

TEST_CASE("the delay is the same for the same seed and differs by sibling") {
  const auto limits = restart_delay_limits{1s, 1s};
  CHECK(restart_delay(limits, 1, 42, 0) == restart_delay(limits, 1, 42, 0));
  auto delays = std::set<std::chrono::microseconds>{};
  for (std::uint64_t stream = 0; stream < 100; ++stream)
    delays.insert(restart_delay(limits, 1, 42, stream));
  CHECK(delays.size() > 95);
}

TEST_CASE("extreme delays neither overflow nor divide by zero") {
  constexpr auto forever = std::chrono::milliseconds{9'000'000'000'000'000};
  CHECK(restart_delay({1ms, forever}, 200, 1, 1) >= 0us);
  CHECK(restart_delay({forever, forever}, 1, 1, 1) <= forever);
  CHECK(restart_delay({0ms, 0ms}, 5, 1, 1) == 0us);
  CHECK(restart_delay({0ms, 5s}, 4'000'000'000, 1, 1) == 0us);
  CHECK(restart_delay({-1ms, 5s}, 3, 1, 1) == 0us);
}
