#include "runtime/guard/guard.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

guard_time at(std::chrono::nanoseconds elapsed) {
  return {clock::steady_time{elapsed}, clock::wall_time{1'700'000'000s}};
}

guard_call call(std::uint64_t id, bool is_retry = false) {
  auto made = guard_call{};
  made.id = id;
  made.is_retry = is_retry;
  return made;
}

} // namespace

TEST_CASE("whoever waits elsewhere asks before he calls") {
  auto options = guard_options{};
  options.bulkhead.emplace().concurrent_max = 1;
  options.rate = rate_limit_options{1, 1s, 2};
  auto subject = guard{options, at(0s)};
  const auto pass = [&](std::uint64_t id) {
    REQUIRE(
      std::holds_alternative<guard_permit>(subject.admit(call(id), at(0s), 0)));
  };
  CHECK(subject.would_refuse(call(1), at(0s)) == std::nullopt);
  pass(1);
  CHECK(subject.would_refuse(call(2), at(0s))->reason
        == guard_reason::queue_full);
  // Asking has paid for nothing.
  static_cast<void>(subject.finished(1, 1, {}, at(0s), 0));
  CHECK(subject.would_refuse(call(2), at(0s)) == std::nullopt);
  pass(2);
  static_cast<void>(subject.finished(2, 1, {}, at(0s), 0));
  const auto refused = subject.would_refuse(call(3), at(0s));
  REQUIRE(refused);
  CHECK(refused->reason == guard_reason::rate_exceeded);
  CHECK(refused->retry_after == 1s);
  CHECK(subject.would_refuse(call(3), at(1s)) == std::nullopt);
}

TEST_CASE("retries of the caller's own are in the budget") {
  auto options = guard_options{};
  options.budget = {100, 0, 1};
  auto subject = guard{options, at(0s)};
  CHECK(subject.try_retry(at(0s)));
  CHECK_FALSE(subject.try_retry(at(0s)));
  static_cast<void>(subject.admit(call(1, true), at(0s), 0));
  CHECK_FALSE(subject.try_retry(at(0s)));
  static_cast<void>(subject.admit(call(2), at(0s), 0));
  // What is left of it outlives a restart.
  auto next = guard{options, at(0s)};
  REQUIRE(next.try_retry(at(0s)));
  REQUIRE(next.restore(subject.save(at(0s)), at(0s)));
  CHECK(next.try_retry(at(0s)));
  CHECK_FALSE(next.try_retry(at(0s)));
}
