#include "cluster/transport/redial_plan.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::cluster;

namespace {

constexpr auto highest_draw = std::numeric_limits<std::uint64_t>::max();
using nodes = std::vector<std::string>;

struct redial_fixture {
  redial_plan plan{{100ms, 1'000ms}};
  redial_plan::time_point now{};
};

} // namespace

TEST_CASE_METHOD(redial_fixture,
                 "a node is dialed at once, and once at a time") {
  CHECK(plan.next_due() == redial_plan::time_point::max());
  plan.add("a", now);
  CHECK(plan.next_due() == now);
  CHECK(plan.take_due(now) == nodes{"a"});
  CHECK(plan.take_due(now + 1h).empty());
  plan.add("a", now + 1h);
  CHECK(plan.take_due(now + 1h).empty());
}

TEST_CASE_METHOD(redial_fixture,
                 "the delay doubles to its bound, drawn from the upper half") {
  plan.add("a", now);
  for (const auto bound : {100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms}) {
    REQUIRE(plan.take_due(now) == nodes{"a"});
    plan.record_failure("a", now, 0);
    CHECK(plan.next_due() == now + bound / 2);
    now = plan.next_due();
  }
  REQUIRE(plan.take_due(now) == nodes{"a"});
  plan.record_failure("a", now, highest_draw);
  CHECK(plan.next_due() == now + 1'000ms);
}

TEST_CASE_METHOD(redial_fixture, "a link that was up is dialed soon again") {
  plan.add("a", now);
  for (auto i = 0; i < 5; ++i) {
    REQUIRE(plan.take_due(now) == nodes{"a"});
    plan.record_failure("a", now, highest_draw);
    now = plan.next_due();
  }
  REQUIRE(plan.take_due(now) == nodes{"a"});
  plan.record_up("a");
  CHECK(plan.next_due() == redial_plan::time_point::max());
  plan.record_failure("a", now, highest_draw);
  CHECK(plan.next_due() == now + 100ms);
}

TEST_CASE_METHOD(redial_fixture,
                 "a link that came up by itself is not dialed") {
  plan.add("a", now);
  plan.record_up("a");
  CHECK(plan.take_due(now + 1h).empty());
}

TEST_CASE_METHOD(redial_fixture, "a node that is not wanted is not dialed") {
  plan.add("a", now);
  plan.add("b", now);
  plan.remove("a");
  CHECK(plan.take_due(now) == nodes{"b"});
  plan.record_failure("a", now, 0);
  plan.record_up("a");
  CHECK(plan.next_due() == redial_plan::time_point::max());
}
