#include "tests/actors/engine/placement_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

// Prints what 10,000 groups on 10 nodes cost; not part of any suite.
TEST_CASE_METHOD(placement_fixture, "the cost of many groups", "[.measure]") {
  constexpr auto groups = 10'000;
  for (auto worker = std::uint64_t{1}; worker <= 10; ++worker)
    welcome(worker);
  auto of = fan_out(groups, in_group("${item}"));
  of.steps[0].foreach->parallel_max = groups;
  REQUIRE(submit(of));
  auto times = std::vector<double>{};
  auto given = std::size_t{0};
  for (auto i = std::uint64_t{0}; given < groups && i < 1'000; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    given += ledger.assign(1 + i % 10, 128, 128).size();
    const auto took = std::chrono::steady_clock::now() - begun;
    times.push_back(std::chrono::duration<double, std::milli>(took).count());
  }
  CHECK(given == groups);
  std::ranges::sort(times);
  WARN(times.size() << " batches of 128: median " << times[times.size() / 2]
                    << " ms, longest " << times.back() << " ms");
}

TEST_CASE_METHOD(placement_fixture, "a group is spread over the nodes") {
  for (auto worker = std::uint64_t{1}; worker <= 3; ++worker)
    welcome(worker);
  REQUIRE(submit(fan_out(6, in_group("g"))));
  // However much each asks for, it gets its share.
  CHECK(ledger.assign(1, 100).size() == 1);
  CHECK(ledger.assign(1, 100).empty());
  CHECK(ledger.assign(2, 100).size() == 1);
  CHECK(ledger.assign(3, 100).size() == 1 + 1);
  CHECK(ledger.assign(2, 100).size() == 1);
  CHECK(ledger.assign(1, 100).size() == 1);
  CHECK(ledger.ready_tasks() == 0);
}

TEST_CASE_METHOD(placement_fixture,
                 "the engine's own host and the worker on its node are one") {
  welcome(1);
  welcome(2);
  welcome_own(9);
  CHECK(ledger.queue_report().workers(2).node() == "n1");
  SECTION("for what is spread") {
    REQUIRE(submit(fan_out(4, in_group("g"))));
    CHECK(ledger.assign(9, 100).size() == 1);
    CHECK(ledger.assign(1, 100).empty());
    CHECK(ledger.assign(2, 100).size() == 2);
    CHECK(ledger.assign(1, 100).size() == 1);
  }
  SECTION("for what a node has at most") {
    REQUIRE(submit(fan_out(4, in_group("g", 1))));
    CHECK(ledger.assign(1, 100).size() == 1);
    CHECK(ledger.assign(2, 100).size() == 1);
    advance(1h);
    CHECK(ledger.assign(9, 100).empty());
    ledger.lose_worker(1, "it is gone");
    advance(1min);
    CHECK(ledger.assign(9, 100).size() == 1);
  }
  SECTION("for data") {
    REQUIRE(submit(fan_out(20, by_item())));
    const auto of_node_1 = ledger.assign(9, 100).size();
    CHECK(of_node_1 > 0);
    CHECK(ledger.assign(1, 100).empty());
    CHECK(ledger.assign(2, 100).size() == 20 - of_node_1);
  }
  CHECK(ledger.check().empty());
}

TEST_CASE_METHOD(placement_fixture, "a node has at most so many of a group") {
  welcome(1);
  welcome(2);
  // Two runs, one group.
  REQUIRE(submit(fan_out(3, in_group("g", 2))));
  REQUIRE(submit(fan_out(3, in_group("g", 2))));
  auto given = ledger.assign(1, 100);
  CHECK(given.size() == 1);
  CHECK(ledger.assign(2, 100).size() == 2);
  auto more = ledger.assign(1, 100);
  CHECK(more.size() == 1);
  advance(1h);
  CHECK(ledger.assign(1, 100).empty());
  CHECK(ledger.assign(2, 100).empty());
  CHECK(placed().reason() == "enough of group g runs on every node");
  CHECK(placed().ready() == 2);
  succeed(given.front());
  CHECK(ledger.assign(2, 100).empty());
  CHECK(ledger.assign(1, 100).size() == 1);
  // What a worker had is free again.
  ledger.lose_worker(1, "it is gone");
  welcome(3);
  advance(1min);
  CHECK(ledger.assign(3, 100).size() == 2);
}

TEST_CASE_METHOD(placement_fixture,
                 "a host that starts anew is counted for what it names") {
  welcome(1);
  const auto run = submit(fan_out(2, in_group("g", 1)));
  REQUIRE(run);
  const auto given = ledger.assign(1, 100);
  REQUIRE(given.size() == 1);
  store();
  welcome(1);
  CHECK(ledger.assign(1, 100).empty());
  ledger.lose_others(1, {}, "it begins anew");
  advance(1min);
  CHECK(ledger.assign(1, 100).size() == 1);
}

TEST_CASE_METHOD(placement_fixture,
                 "a group that is full on a node holds up no other group") {
  welcome(1);
  welcome(2);
  // Two of each of ten groups; a node may run one.
  auto placement = step_placement{};
  placement.spread = text_template::parse("${item % 10}", {}).value();
  placement.per_node = 1;
  REQUIRE(submit(fan_out(20, placement)));
  const auto given = ledger.assign(1, 100);
  CHECK(given.size() == 10);
  CHECK(ledger.assign(1, 100).empty());
  succeed(given[3]);
  const auto next = ledger.assign(1, 100);
  REQUIRE(next.size() == 1);
  CHECK(next.front().claim.task.item % 10 == given[3].claim.task.item % 10);
  CHECK(ledger.assign(2, 100).size() == 9);
}
