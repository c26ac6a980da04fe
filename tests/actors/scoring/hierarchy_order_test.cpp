#include "actors/scoring/hierarchy_order.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace troupe::scoring {

namespace {

using links = std::vector<std::pair<std::string, std::string>>;
using places = std::vector<hierarchy_place>;

/// A hierarchy of items and their parents.
hierarchy build(const links& items) {
  auto batch = item_batch{};
  for (const auto& [id, parent] : items) {
    batch.ids.add(id);
    batch.parents.add(parent);
    ++batch.rows;
  }
  return build_hierarchy(hierarchy_of(batch));
}

const auto forest = links{{"leaf", "branch"},
                          {"root", ""},
                          {"branch", "root"},
                          {"twig", "root"},
                          {"lone", "nowhere"}};

} // namespace

TEST_CASE("parents come before their children, siblings in file order") {
  CHECK(order_hierarchy(build(forest))
        == places{{1, 0}, {2, 1}, {0, 2}, {3, 1}, {4, 0}});
}

TEST_CASE("siblings go by rank where there are ranks") {
  const auto ranks = std::vector<std::uint32_t>{1, 5, 4, 2, 3};
  CHECK(order_hierarchy(build(forest), {.ranks = ranks})
        == places{{4, 0}, {1, 0}, {3, 1}, {2, 1}, {0, 2}});
}

TEST_CASE("a depth and a top cut the tree") {
  const auto items = build(forest);
  CHECK(order_hierarchy(items, {.depth_max = 1})
        == places{{1, 0}, {2, 1}, {3, 1}, {4, 0}});
  CHECK(order_hierarchy(items, {.depth_max = 0}) == places{{1, 0}, {4, 0}});
  CHECK(order_hierarchy(items, {.top = 2}) == places{{2, 0}, {0, 1}});
  CHECK(order_hierarchy(build({})).empty());
}

TEST_CASE("a cycle is listed once, from its first member") {
  const auto items
    = build({{"tail", "c"}, {"c", "b"}, {"a", "c"}, {"b", "a"}, {"me", "me"}});
  CHECK(order_hierarchy(items)
        == places{{1, 0}, {0, 1}, {2, 1}, {3, 2}, {4, 0}});
  CHECK(order_hierarchy(items, {.top = 3})
        == places{{3, 0}, {1, 1}, {0, 2}, {2, 2}});
}

TEST_CASE("every item of random links is listed once, below its parent") {
  auto random = std::mt19937{11};
  for (auto round = 0; round < 50; ++round) {
    constexpr auto rows = std::uint32_t{80};
    auto items = links{};
    for (auto i = std::uint32_t{0}; i < rows; ++i)
      items.emplace_back(std::to_string(i),
                         std::to_string(random() % (rows + 30)));
    const auto built = build(items);
    const auto listed = order_hierarchy(built);
    REQUIRE(listed.size() == rows);
    auto depth_of = std::vector<std::uint32_t>(rows, no_parent);
    for (const auto& place : listed) {
      CHECK(depth_of[place.row] == no_parent);
      depth_of[place.row] = place.depth;
      if (place.depth > 0)
        CHECK(depth_of[built.parents[place.row]] + 1 == place.depth);
    }
  }
}

TEST_CASE("a chain of a million items is listed") {
  constexpr auto depth = std::uint32_t{1'000'000};
  auto chain = hierarchy{};
  chain.parents.push_back(no_parent);
  for (auto i = std::uint32_t{1}; i < depth; ++i)
    chain.parents.push_back(i - 1);
  const auto listed = order_hierarchy(chain);
  REQUIRE(listed.size() == depth);
  CHECK(listed.back() == hierarchy_place{depth - 1, depth - 1});
}

} // namespace troupe::scoring
