#include "runtime/guard/deadline.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

constexpr auto start = clock::steady_time{100s};

} // namespace

TEST_CASE("a deadline is passed from its moment on") {
  const auto until = deadline::after(start, 5s);
  CHECK_FALSE(until.is_passed(start + 5s - 1ns));
  CHECK(until.is_passed(start + 5s));
  CHECK(until.remaining(start + 2s) == 3s);
  CHECK(until.remaining(start + 9s) == 0s);
}

TEST_CASE("no deadline is never passed") {
  for (const auto allowed : {0ns, -1ns, std::chrono::nanoseconds::max()}) {
    const auto until = deadline::after(start, allowed);
    CHECK(until.is_never());
    CHECK_FALSE(until.is_passed(clock::steady_time::max()));
    CHECK(until.remaining(start) == std::chrono::nanoseconds::max());
  }
}

TEST_CASE("the earlier of two deadlines counts") {
  const auto early = deadline::after(start, 1s);
  const auto late = deadline::after(start, 2s);
  CHECK(early.earlier(late) == early);
  CHECK(late.earlier(early) == early);
  CHECK(deadline{}.earlier(late) == late);
}
