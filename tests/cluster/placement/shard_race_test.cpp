#include "cluster/placement/shard_race.hpp"
#include "cluster/placement/work_placement.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

using namespace std::chrono_literals;
using namespace troupe::cluster;
using namespace troupe::tests;
using instant = troupe::runtime::clock::steady_time;

namespace {

constexpr auto race_start = instant{1'000s};

/// Four shards on four nodes, three of them done after 10 s.
struct raced_shards {
  shard_race race{{1, 1, 1, 1}};
  std::vector<std::uint64_t> epochs;

  raced_shards() {
    for (auto i = std::size_t{0}; i < 4; ++i)
      epochs.push_back(
        race.begin(i, "n" + std::to_string(i), race_start).value());
    for (auto i = std::size_t{0}; i < 3; ++i)
      CHECK(race.complete(i, epochs[i], race_start + 10s).is_accepted);
  }
};

} // namespace

TEST_CASE(
  "a shard is a straggler when it takes twice as long as its siblings") {
  auto it = raced_shards{};
  CHECK(it.race.stragglers(race_start + 20s).empty());
  CHECK(it.race.next_check() == race_start + 20s + 1ns);
  const auto slow = it.race.stragglers(race_start + 20s + 1ns);
  REQUIRE(slow.size() == 1);
  CHECK(slow[0] == shard_attempt{3, "n3", it.epochs[3], race_start});
}

TEST_CASE("nobody is slow before enough are done") {
  auto race = shard_race{{1, 1, 1, 1, 1, 1, 1, 1}};
  for (auto i = std::size_t{0}; i < 8; ++i) {
    const auto epoch = race.begin(i, "n", race_start).value();
    if (i < 3)
      CHECK(race.complete(i, epoch, race_start + 10s).is_accepted);
  }
  CHECK(race.stragglers(race_start + 1h).empty());
  CHECK_FALSE(race.next_check());
  CHECK(race.complete(3, 4, race_start + 10s).is_accepted);
  CHECK(race.stragglers(race_start + 1h).size() == 4);
}

TEST_CASE("a larger shard may take longer, a very short one is never slow") {
  auto race = shard_race{{10, 10, 10, 30, 10}};
  for (auto i = std::size_t{0}; i < 5; ++i) {
    const auto epoch = race.begin(i, "n", race_start).value();
    if (i < 3)
      CHECK(race.complete(i, epoch, race_start + 1s).is_accepted);
  }
  CHECK(race.stragglers(race_start + 2s).empty());
  CHECK(race.stragglers(race_start + 3s).size() == 1);
  CHECK(race.stragglers(race_start + 3s)[0].shard == 4);
  const auto both = race.stragglers(race_start + 7s);
  REQUIRE(both.size() == 2);
  CHECK(both[0].shard == 4); // The slowest by unit comes first.

  auto quick = raced_shards{};
  auto race_of_moments = shard_race{{1, 1, 1, 1}};
  for (auto i = std::size_t{0}; i < 4; ++i) {
    const auto epoch = race_of_moments.begin(i, "n", race_start).value();
    if (i < 3)
      CHECK(race_of_moments.complete(i, epoch, race_start + 1ms).is_accepted);
  }
  CHECK(race_of_moments.stragglers(race_start + 1s).empty());
  CHECK(race_of_moments.stragglers(race_start + 1s + 1ns).size() == 1);
}

TEST_CASE("a straggler is begun once more, elsewhere, and the first one wins") {
  auto it = raced_shards{};
  CHECK_FALSE(it.race.begin(3, "n3", race_start + 21s));
  const auto second = it.race.begin(3, "n0", race_start + 21s);
  REQUIRE(second);
  CHECK(*second > it.epochs[3]);
  CHECK(it.race.stragglers(race_start + 1h).empty());
  CHECK_FALSE(it.race.begin(3, "n1", race_start + 22s));

  SECTION("the second one") {
    const auto won = it.race.complete(3, *second, race_start + 25s);
    CHECK(won.is_accepted);
    CHECK(won.to_cancel
          == std::vector{shard_attempt{3, "n3", it.epochs[3], race_start}});
    CHECK_FALSE(
      it.race.complete(3, it.epochs[3], race_start + 26s).is_accepted);
  }
  SECTION("the first one") {
    const auto won = it.race.complete(3, it.epochs[3], race_start + 25s);
    CHECK(won.is_accepted);
    REQUIRE(won.to_cancel.size() == 1);
    CHECK(won.to_cancel[0].epoch == *second);
    CHECK_FALSE(it.race.complete(3, *second, race_start + 25s).is_accepted);
  }
  CHECK(it.race.is_done());
  CHECK_FALSE(it.race.begin(3, "n1", race_start + 30s));
}

TEST_CASE("a straggler goes where there is credit, and not where it is slow") {
  auto it = raced_shards{};
  const auto slow = it.race.stragglers(race_start + 30s);
  REQUIRE(slow.size() == 1);
  auto work = placeable_work{};
  work.id = "shard 3";
  work.needed.cpu_thousandths = 1'000;
  work.avoided = {slow[0].node};
  auto nodes = std::vector<placement_node>(2);
  nodes[0].name = "n3";
  nodes[1].name = "n0";
  for (auto& each : nodes)
    each.capacity.cpu_thousandths = 4'000;
  nodes[0].credit = 5;
  CHECK(place(nodes, {work}, {}).placed.empty());
  nodes[1].credit = 1;
  const auto plan = place(nodes, {work}, {});
  REQUIRE(plan.placed.size() == 1);
  CHECK(it.race.begin(3, plan.placed[0].node, race_start + 30s));
}

TEST_CASE("what was lost with a node is begun again, its reports are refused") {
  auto it = raced_shards{};
  CHECK(it.race.idle().empty());
  CHECK(it.race.lose("n3") == 1);
  CHECK(it.race.lose("n0") == 0);
  CHECK(it.race.idle() == std::vector<std::size_t>{3});
  CHECK_FALSE(it.race.complete(3, it.epochs[3], race_start + 11s).is_accepted);
  const auto again = it.race.begin(3, "n3", race_start + 12s);
  REQUIRE(again);
  CHECK_FALSE(it.race.give_up(3, it.epochs[3]));
  CHECK(it.race.give_up(3, *again));
  CHECK(it.race.idle() == std::vector<std::size_t>{3});
}

// Nodes of any speed, that are lost, and reports of attempts long over.
TEST_CASE("whatever happens, each shard is accepted once and the race ends") {
  for (auto seed = 1U; seed <= effort(300); ++seed) {
    auto random = std::mt19937_64{seed};
    const auto count = 1 + random() % 12;
    auto race = shard_race{std::vector<std::uint64_t>(count, 5)};
    auto accepted = std::map<std::size_t, int>{};
    auto begun = std::map<std::size_t, int>{};
    auto reports = std::vector<shard_attempt>{}; // Also of the dead.
    auto now = race_start;
    auto steps = 0;
    INFO("seed " << seed);
    for (; !race.is_done() && steps < 10'000; ++steps) {
      now += std::chrono::milliseconds{random() % 3'000};
      const auto node = "n" + std::to_string(random() % 4);
      for (const auto each : race.idle())
        reports.push_back(
          {each, node, race.begin(each, node, now).value(), now});
      for (const auto& slow : race.stragglers(now)) {
        const auto other = "other" + std::to_string(random() % 2);
        reports.push_back(
          {slow.shard, other, race.begin(slow.shard, other, now).value(), now});
        REQUIRE(++begun[slow.shard] == 1);
      }
      if (random() % 10 == 0)
        race.lose(node);
      const auto& report = reports[random() % reports.size()];
      if (report.node == "n3" && random() % 20 != 0)
        continue; // It is slow.
      const auto done = race.complete(report.shard, report.epoch, now);
      accepted[report.shard] += done.is_accepted ? 1 : 0;
      for (const auto& each : done.to_cancel)
        REQUIRE(each.epoch != report.epoch);
      REQUIRE(done.to_cancel.size() <= 1);
    }
    REQUIRE(race.is_done());
    REQUIRE(accepted.size() >= count);
    for (const auto& [shard, times] : accepted)
      REQUIRE(times == 1);
  }
}
