#include "runtime/guard/retry_policy.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

constexpr auto highest = std::numeric_limits<std::uint64_t>::max();

retry_options options_of(std::uint32_t attempts) {
  auto options = retry_options{};
  options.schedule = {attempts, 1s, 2.0, 10s, retry_jitter::full};
  return options;
}

} // namespace

TEST_CASE("a draw is scaled to the whole range, both ends included") {
  CHECK(scale_draw(0, 10s) == 0ns);
  CHECK(scale_draw(highest, 10s) == 10s);
  CHECK(scale_draw(highest / 2, 10s) == 5s);
  CHECK(scale_draw(highest, 1ns) == 1ns);
  CHECK(scale_draw(highest, 0ns) == 0ns);
  CHECK(scale_draw(highest, -1s) == 0ns);
  constexpr auto longest = std::chrono::nanoseconds::max();
  CHECK(scale_draw(highest, longest) == longest);
  CHECK(scale_draw(highest / 2, longest) == longest / 2);
}

TEST_CASE("the bound of the delay grows by the factor up to the cap") {
  const auto schedule = retry_schedule{9, 1s, 2.0, 10s, retry_jitter::none};
  CHECK(backoff_bound(schedule, 1) == 1s);
  CHECK(backoff_bound(schedule, 2) == 2s);
  CHECK(backoff_bound(schedule, 4) == 8s);
  CHECK(backoff_bound(schedule, 5) == 10s);
  CHECK(backoff_bound(schedule, 4'000'000'000) == 10s);
}

TEST_CASE("extreme schedules neither overflow nor run for long") {
  constexpr auto longest = std::chrono::nanoseconds::max();
  CHECK(backoff_bound({9, longest, 100.0, longest, retry_jitter::none}, 50)
        == longest);
  CHECK(backoff_bound({9, 0s, 2.0, 10s, retry_jitter::none}, 4'000'000'000)
        == 0s);
  CHECK(backoff_bound({9, 1s, 1.0, 10s, retry_jitter::none}, 4'000'000'000)
        == 1s);
}

TEST_CASE("full jitter takes the delay anywhere below the bound") {
  const auto policy = retry_policy{options_of(5)};
  CHECK(policy.delay("timeout", 2, 0) == 0ns);
  CHECK(policy.delay("timeout", 2, highest) == 2s);
  auto steady = options_of(5);
  steady.schedule.jitter = retry_jitter::none;
  CHECK(retry_policy{steady}.delay("timeout", 2, 0) == 2s);
}

TEST_CASE("attempts are counted with the first") {
  const auto policy = retry_policy{options_of(3)};
  CHECK(policy.delay("timeout", 1, 0));
  CHECK(policy.delay("timeout", 2, 0));
  CHECK_FALSE(policy.delay("timeout", 3, 0));
  CHECK_FALSE(retry_policy{options_of(1)}.delay("timeout", 1, 0));
}

TEST_CASE("only named kinds of errors are tried again, if any are named") {
  auto options = options_of(3);
  options.on = {"timeout"};
  options.kinds.emplace("throttled",
                        retry_schedule{9, 5s, 1.0, 5s, retry_jitter::none});
  const auto policy = retry_policy{options};
  CHECK(policy.delay("timeout", 1, 0));
  CHECK_FALSE(policy.is_retried("exit_nonzero"));
  CHECK_FALSE(policy.delay("exit_nonzero", 1, 0));
  CHECK(policy.is_retried("throttled"));
  CHECK(policy.delay("throttled", 8, 0) == 5s);
  CHECK_FALSE(policy.delay("throttled", 9, 0));
}
