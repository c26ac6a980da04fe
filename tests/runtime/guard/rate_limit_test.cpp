#include "runtime/draw_stream.hpp"
#include "runtime/guard/rate_limit.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

constexpr auto start = clock::steady_time{1'000s};

} // namespace

TEST_CASE("a rate limit lets a burst pass, then one per interval") {
  auto limit = rate_limit{{10, 1s, 3}};
  for (int i = 0; i < 3; ++i)
    CHECK(limit.try_acquire(start));
  CHECK_FALSE(limit.try_acquire(start));
  CHECK(limit.wait(start) == 100ms);
  CHECK_FALSE(limit.try_acquire(start + 100ms - 1ns));
  CHECK(limit.try_acquire(start + 100ms));
  CHECK_FALSE(limit.try_acquire(start + 100ms));
}

TEST_CASE("the wait is exact to the nanosecond") {
  auto draws = troupe::runtime::draw_stream{7, 0};
  auto limit = rate_limit{{7, 1s, 4}};
  auto now = start;
  for (int i = 0; i < 10'000; ++i) {
    const auto cost = draws.below(4) + 1;
    const auto wait = limit.wait(now, cost);
    if (wait > 0ns) {
      auto copy = limit;
      REQUIRE_FALSE(copy.try_acquire(now + wait - 1ns, cost));
    }
    REQUIRE(limit.try_acquire(now + wait, cost));
    now += wait + std::chrono::nanoseconds{draws.below(400'000'000)};
  }
}

TEST_CASE("no span of time has more calls than the rate allows") {
  auto draws = troupe::runtime::draw_stream{11, 0};
  auto limit = rate_limit{{3, 1s, 5}};
  auto passed = std::vector<clock::steady_time>{};
  auto now = start;
  for (int i = 0; i < 4'000; ++i) {
    now += std::chrono::nanoseconds{draws.below(300'000'000)};
    if (limit.try_acquire(now))
      passed.push_back(now);
  }
  REQUIRE(passed.size() > 1'000);
  for (std::size_t first = 0; first < passed.size(); ++first) {
    const auto end = std::min(first + 60, passed.size());
    for (auto last = first; last < end; ++last) {
      const auto span
        = std::chrono::duration<double>(passed[last] - passed[first]);
      REQUIRE(static_cast<double>(last - first + 1)
              <= 5.0 + 3.0 * span.count() + 1e-6);
    }
  }
}

TEST_CASE("a rate limit never lets through more than a burst at once") {
  auto limit = rate_limit{{10, 1s, 3}};
  CHECK(limit.wait(start, 4) == std::chrono::nanoseconds::max());
  CHECK_FALSE(limit.try_acquire(start + 1h, 4));
  CHECK(limit.try_acquire(start, 3));
}

TEST_CASE("a refused call costs nothing") {
  auto limit = rate_limit{{10, 1s, 1}};
  CHECK(limit.try_acquire(start));
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(limit.try_acquire(start + 50ms));
  CHECK(limit.try_acquire(start + 100ms));
}

TEST_CASE("a steady clock that goes back makes nobody wait for long") {
  auto limit = rate_limit{{10, 1s, 3}};
  for (int i = 0; i < 3; ++i)
    CHECK(limit.try_acquire(start));
  CHECK(limit.wait(start - 500s) == 100ms);
}

TEST_CASE("a rate limit goes on after a restart") {
  auto limit = rate_limit{{10, 1s, 3}};
  for (int i = 0; i < 3; ++i)
    CHECK(limit.try_acquire(start));
  const auto debt = limit.debt(start);
  CHECK(debt == 300ms);
  const auto later = clock::steady_time{5s};
  auto again = rate_limit{{10, 1s, 3}};
  again.restore(debt, 50ms, later);
  CHECK(again.wait(later) == 50ms);
  again.restore(debt, 10h, later);
  CHECK(again.debt(later) == 0ns);
  again.restore(std::chrono::nanoseconds::max(), -1h, later);
  CHECK(again.wait(later) == 100ms);
}
