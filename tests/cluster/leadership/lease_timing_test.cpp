#include "cluster/leadership/lease_timing.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::cluster;

TEST_CASE("the default lease lets a standby lead within a second and a half") {
  const auto timing = lease_timing{};
  CHECK(check(timing));
  CHECK(renew_interval(timing) == 400ms);
  CHECK(belief_length(timing) == 1'050ms);
  CHECK(drift_max(timing) == 24'001us);
  // 1200 + 24 + 100 + 2 * 50 + 3 * 20
  CHECK(takeover_max(timing, 20ms, 50ms) == 1'484'001us);
}

TEST_CASE("a lease of any length that may be asked for can be held") {
  CHECK(timing_of(1'200ms) == lease_timing{});
  for (auto length = lease_length_min; length <= lease_length_max;
       length += 100ms)
    CHECK(check(timing_of(length)));
}

TEST_CASE("a timing under which a lease cannot be held is refused") {
  const auto key_of = [](auto change) {
    auto timing = lease_timing{};
    change(timing);
    const auto answer = check(timing);
    REQUIRE_FALSE(answer);
    CHECK_FALSE(answer.error().hint.empty());
    return answer.error().key;
  };
  CHECK(key_of([](auto& of) { of.length = 0ms; }) == "lease.length");
  CHECK(key_of([](auto& of) { of.length = 60'001ms; }) == "lease.length");
  CHECK(key_of([](auto& of) { of.margin = 24ms; }) == "lease.margin");
  CHECK(key_of([](auto& of) { of.request_timeout = 326ms; })
        == "lease.request_timeout");
  CHECK(key_of([](auto& of) { of.watch_interval = 0ms; })
        == "lease.request_timeout");
  CHECK(key_of([](auto& of) { of.jitter_max = -1ms; })
        == "lease.request_timeout");
  CHECK(key_of([](auto& of) { of.tick_gap_max = 1'050ms; })
        == "lease.tick_gap_max");
}
