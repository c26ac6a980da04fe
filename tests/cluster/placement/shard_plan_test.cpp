#include "cluster/placement/shard_plan.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// Every unit is in one shard, in order, and the sizes differ by one at most.
void check_cut(const std::vector<shard>& shards, std::uint64_t units) {
  auto next = std::uint64_t{0};
  for (const auto& each : shards) {
    REQUIRE(each.first == next);
    REQUIRE(each.count > 0);
    REQUIRE(each.count + 1 >= shards.front().count);
    REQUIRE(each.count <= shards.front().count);
    next += each.count;
  }
  REQUIRE(next == units);
}

std::map<std::string, std::uint64_t>
units_by_node(const std::vector<shard>& shards,
              const std::vector<std::string>& assigned) {
  auto units = std::map<std::string, std::uint64_t>{};
  for (auto i = std::size_t{0}; i < shards.size(); ++i)
    units[assigned[i]] += shards[i].count;
  return units;
}

} // namespace

TEST_CASE("units are cut into as many shards as the nodes can use") {
  CHECK(cut_shards(0, 3).empty());
  CHECK(cut_shards(10, 0) == std::vector{shard{0, 10}});
  CHECK(cut_shards(999, 3).size() == 1);
  CHECK(cut_shards(5'000, 3).size() == 5);
  CHECK(cut_shards(1'000'000, 3).size() == 12);
  CHECK(cut_shards(1'000'000'000, 5'000).size() == 1'024);
  CHECK(cut_shards(10, 4, {4, 1, 100})
        == std::vector<shard>{{0, 1},
                              {1, 1},
                              {2, 1},
                              {3, 1},
                              {4, 1},
                              {5, 1},
                              {6, 1},
                              {7, 1},
                              {8, 1},
                              {9, 1}});
  CHECK(cut_shards(10, 1, {4, 1, 100})
        == std::vector<shard>{{0, 3}, {3, 3}, {6, 2}, {8, 2}});
  CHECK(cut_shards(10, 1, {0, 0, 0}) == std::vector{shard{0, 10}});
}

TEST_CASE("whatever the numbers, the shards are all units once, and bounded") {
  auto random = std::mt19937_64{3};
  for (auto i = 0U; i < effort(2'000); ++i) {
    const auto units = random() >> (random() % 64);
    const auto options
      = shard_options{static_cast<std::uint32_t>(random() % 9),
                      random() % 5'000,
                      static_cast<std::uint32_t>(random() % 300)};
    const auto nodes = random() >> (random() % 64);
    const auto shards = cut_shards(units, nodes, options);
    CHECK(shards.size() <= std::max(options.shards_max, 1U));
    check_cut(shards, units);
  }
}

TEST_CASE("neighbours go to one node, as many as its speed says") {
  const auto shards = cut_shards(80'000, 2);
  REQUIRE(shards.size() == 8);
  CHECK(assign_shards(shards, {{"b", 1}, {"a", 3}})
        == std::vector<std::string>{"a", "a", "a", "a", "a", "a", "b", "b"});
  CHECK(assign_shards(shards, {}) == std::vector<std::string>(8));
  CHECK(assign_shards({}, {{"a", 1}}).empty());
}

TEST_CASE("nobody has a shard more or less than its share") {
  auto random = std::mt19937_64{4};
  for (auto i = 0U; i < effort(500); ++i) {
    auto nodes = std::vector<node_speed>{};
    auto total = 0.0;
    for (auto n = 1 + random() % 20; n != 0; --n) {
      nodes.push_back({"n" + std::to_string(n),
                       static_cast<std::uint32_t>(1 + random() % 50)});
      total += nodes.back().speed;
    }
    const auto shards = cut_shards(1'000'000, nodes.size());
    const auto assigned = assign_shards(shards, nodes);
    auto counts = std::map<std::string, int>{};
    for (const auto& each : assigned)
      ++counts[each];
    for (const auto& each : nodes) {
      const auto share
        = static_cast<double>(shards.size()) * each.speed / total;
      REQUIRE(std::abs(counts[each.name] - share) < 1.0 + 1e-9);
    }
    auto shuffled = nodes;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    REQUIRE(assign_shards(shards, shuffled) == assigned);
    // Neighbours together: as many changes as there are nodes, less one.
    const auto owners = std::set<std::string>{assigned.begin(), assigned.end()};
    auto changes = std::size_t{0};
    for (auto s = std::size_t{1}; s < assigned.size(); ++s)
      changes += assigned[s] != assigned[s - 1] ? 1 : 0;
    REQUIRE(changes == owners.size() - 1);
  }
}

TEST_CASE("when a node is lost, only its shards move, and evenly") {
  const auto nodes
    = std::vector<node_speed>{{"a", 1}, {"b", 1}, {"c", 2}, {"d", 1}};
  const auto shards = cut_shards(1'600'000, nodes.size());
  REQUIRE(shards.size() == 16);
  const auto before = assign_shards(shards, nodes);
  auto after = before;
  const auto done = std::vector<bool>(16);
  const auto left = std::vector<node_speed>{{"d", 1}, {"b", 1}, {"c", 2}};
  const auto moved = reassign_shards(shards, done, left, after);
  auto differing = std::size_t{0};
  for (auto i = std::size_t{0}; i < 16; ++i) {
    if (before[i] == "a")
      CHECK(after[i] != "a");
    else
      CHECK(after[i] == before[i]);
    differing += before[i] != after[i] ? 1 : 0;
  }
  CHECK(differing == moved);
  const auto units = units_by_node(shards, after);
  CHECK(units.at("b") == 400'000);
  CHECK(units.at("d") == 400'000);
  CHECK(units.at("c") == 800'000);
  // Nothing to do any more.
  CHECK(reassign_shards(shards, done, left, after) == 0);
}

TEST_CASE("what is done neither moves nor counts") {
  const auto shards = cut_shards(8'000, 2, {4, 1, 8});
  auto assigned
    = std::vector<std::string>{"a", "a", "a", "a", "b", "b", "b", "c"};
  auto done = std::vector<bool>(8);
  done[0] = true;
  done[4] = done[5] = done[6] = true;
  CHECK(reassign_shards(shards, done, {{"b", 1}, {"c", 1}}, assigned) == 3);
  CHECK(assigned
        == std::vector<std::string>{"a", "b", "b", "c", "b", "b", "b", "c"});
  auto nobody = assigned;
  CHECK(reassign_shards(shards, done, {}, nobody) == 0);
  CHECK(nobody == assigned);
}
