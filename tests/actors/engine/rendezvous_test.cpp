#include "actors/engine/rendezvous.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

using namespace troupe::engine;
using namespace troupe::tests;

namespace {

const auto keys = effort(20'000);

std::vector<rendezvous_node> some_nodes(std::size_t count) {
  auto nodes = std::vector<rendezvous_node>{};
  for (auto i = std::size_t{0}; i < count; ++i)
    nodes.push_back({"node" + std::to_string(i), 1});
  return nodes;
}

std::string owner_name(unsigned key, const std::vector<rendezvous_node>& of) {
  return of[owner_of("shard" + std::to_string(key), of).value()].name;
}

/// Within five standard deviations.
void check_share(unsigned count, double share) {
  const auto expected = keys * share;
  CHECK(std::abs(count - expected) < 5 * std::sqrt(expected * (1 - share)));
}

} // namespace

TEST_CASE("without nodes nobody owns a key") {
  CHECK_FALSE(owner_of("key", {}));
}

TEST_CASE("nodes of one weight own as many keys each") {
  const auto nodes = some_nodes(7);
  auto counts = std::map<std::string, unsigned>{};
  for (auto key = 0U; key < keys; ++key)
    ++counts[owner_name(key, nodes)];
  CHECK(counts.size() == 7);
  for (const auto& [name, count] : counts)
    check_share(count, 1.0 / 7);
}

TEST_CASE("a node owns keys by its share of the weights") {
  auto nodes = some_nodes(4);
  for (auto i = std::size_t{0}; i < nodes.size(); ++i)
    nodes[i].weight = static_cast<std::uint32_t>(i + 1) * 1'000;
  auto counts = std::map<std::string, unsigned>{};
  for (auto key = 0U; key < keys; ++key)
    ++counts[owner_name(key, nodes)];
  for (auto i = std::size_t{0}; i < nodes.size(); ++i)
    check_share(counts[nodes[i].name], static_cast<double>(i + 1) / 10);
}

TEST_CASE("only the keys of a lost node move, to all others") {
  const auto nodes = some_nodes(6);
  auto fewer = nodes;
  fewer.erase(fewer.begin() + 2);
  auto moved = std::map<std::string, unsigned>{};
  for (auto key = 0U; key < keys; ++key) {
    const auto before = owner_name(key, nodes);
    const auto after = owner_name(key, fewer);
    if (before != "node2") {
      REQUIRE(before == after);
      continue;
    }
    ++moved[after];
  }
  CHECK(moved.size() == 5);
}

TEST_CASE("a node that joins takes its share, and nothing else moves") {
  const auto nodes = some_nodes(5);
  auto more = nodes;
  more.push_back({"new", 1});
  auto moved = 0U;
  for (auto key = 0U; key < keys; ++key) {
    const auto after = owner_name(key, more);
    if (after == owner_name(key, nodes))
      continue;
    REQUIRE(after == "new");
    ++moved;
  }
  check_share(moved, 1.0 / 6);
}

TEST_CASE("a higher weight only draws keys to its node") {
  const auto nodes = some_nodes(5);
  auto heavier = nodes;
  heavier[3].weight = 2;
  for (auto key = 0U; key < keys; ++key) {
    const auto before = owner_name(key, nodes);
    const auto after = owner_name(key, heavier);
    REQUIRE((before == after || after == "node3"));
  }
}

TEST_CASE("the order of the nodes does not matter to who owns a key") {
  auto nodes = some_nodes(8);
  auto reversed = nodes;
  std::ranges::reverse(reversed);
  for (auto key = 0U; key < 500; ++key) {
    const auto text = std::to_string(key);
    REQUIRE(nodes[owner_of(text, nodes).value()].name
            == reversed[owner_of(text, reversed).value()].name);
  }
}

TEST_CASE("distances are those of the formula") {
  for (auto key = 0U; key < 1'000; ++key) {
    const auto found = distance(std::to_string(key), {"node", 3});
    const auto exact
      = -std::log2(static_cast<double>(found.hash) / std::pow(2.0, 64));
    const auto ours = static_cast<double>(found.logarithm) / std::pow(2.0, 24);
    REQUIRE(std::abs(ours - exact) < 1e-6);
    REQUIRE(found.weight == 3);
  }
  CHECK(distance("key", {"node", 0}).weight == 1);
  CHECK(distance("key", {"node", 2'000'000}).weight == 1'000'000);
}

// Who owns what must not change between versions: data would move. Computed
// once more in Python, with floating-point logarithms.
TEST_CASE("owners are the same in every version") {
  const auto nodes = some_nodes(10);
  auto text = std::string{};
  for (auto key = 0U; key < 20; ++key)
    text += owner_name(key, nodes).substr(4);
  CHECK(text == "74657450477218012919");
}
