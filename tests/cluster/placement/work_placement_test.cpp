#include "cluster/placement/work_placement.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace std::chrono_literals;
using namespace troupe::cluster;
using troupe::runtime::clock;
using why = placement_refusal;

namespace {

constexpr auto noon = clock::wall_time{1'700'000'000s};

placement_node node_of(const std::string& name, std::uint64_t cores = 4,
                       std::uint32_t credit = 100) {
  auto node = placement_node{};
  node.name = name;
  node.capacity = {cores * 1'000, 16, {}};
  node.credit = credit;
  return node;
}

placeable_work work_of(const std::string& id, std::uint64_t cores = 1) {
  auto work = placeable_work{};
  work.id = id;
  work.ready_since = noon;
  work.needed = {cores * 1'000, 1, {}};
  return work;
}

/// Where it goes; empty: nowhere.
std::string where(const std::vector<placement_node>& nodes,
                  const placeable_work& work, clock::wall_time now = noon) {
  const auto plan = place(nodes, {work}, now);
  return plan.placed.empty() ? "" : plan.placed.front().node;
}

/// Why the only node does not do it.
node_refusal refusal_of(const placement_node& node,
                        const placeable_work& work) {
  CHECK(where({node}, work).empty());
  const auto reasons = explain_placement({node}, {work}, work.id, noon);
  REQUIRE(reasons);
  REQUIRE(reasons->refusals.size() == 1);
  CHECK(reasons->node.empty());
  return reasons->refusals.front();
}

} // namespace

TEST_CASE("each reason against a node has its name and its detail") {
  auto node = node_of("a");
  node.labels = {{"zone", "north"}, {"spot", "yes"}};
  auto work = work_of("w");
  CHECK(where({node}, work) == "a");
  SECTION("draining") {
    node.is_draining = true;
    CHECK(refusal_of(node, work) == node_refusal{"a", why::draining, ""});
  }
  SECTION("avoided") {
    work.avoided = {"b", "a"};
    CHECK(refusal_of(node, work) == node_refusal{"a", why::avoided, ""});
  }
  SECTION("a label it must have") {
    work.required = {{"zone", "north"}, {"zone", "south"}};
    CHECK(refusal_of(node, work)
          == node_refusal{"a", why::label_missing, "zone=south"});
    work.required = {{"zone", ""}, {"ssd", ""}};
    CHECK(refusal_of(node, work)
          == node_refusal{"a", why::label_missing, "ssd"});
    work.required = {{"zone", ""}, {"spot", "yes"}};
    CHECK(where({node}, work) == "a");
  }
  SECTION("a label it must not have") {
    work.excluded = {{"zone", "south"}, {"spot", ""}};
    CHECK(refusal_of(node, work)
          == node_refusal{"a", why::label_excluded, "spot"});
    work.excluded = {{"zone", "south"}};
    CHECK(where({node}, work) == "a");
  }
  SECTION("more than it has") {
    work.needed.named["gpu"] = 1;
    CHECK(refusal_of(node, work) == node_refusal{"a", why::too_large, "gpu"});
  }
  SECTION("more than is free") {
    node.held = {3'500, 0, {}};
    CHECK(refusal_of(node, work) == node_refusal{"a", why::no_room, "cpu"});
  }
  SECTION("no credit") {
    node.credit = 0;
    CHECK(refusal_of(node, work) == node_refusal{"a", why::no_credit, ""});
  }
  SECTION("enough of a group") {
    work.spread_group = "g";
    work.per_node_max = 2;
    node.groups["g"] = 1;
    CHECK(where({node}, work) == "a");
    node.groups["g"] = 2;
    CHECK(refusal_of(node, work) == node_refusal{"a", why::spread_full, "g"});
  }
}

TEST_CASE("what is asked about something unknown has no answer") {
  CHECK_FALSE(explain_placement({node_of("a")}, {work_of("w")}, "v", noon));
  CHECK(place({}, {}, noon) == placement_plan{});
  CHECK(place({}, {work_of("w")}, noon).waiting.size() == 1);
}

TEST_CASE("each refusal has words of its own") {
  auto words = std::set<std::string_view>{};
  for (auto i = 0; i <= static_cast<int>(why::not_chosen); ++i)
    words.insert(to_string(static_cast<why>(i)));
  CHECK(words.size() == static_cast<std::size_t>(why::not_chosen) + 1);
  CHECK_FALSE(words.contains("unknown"));
}

TEST_CASE("work goes to the node that is emptiest afterwards") {
  auto busy = node_of("a", 8);
  busy.held = {6'000, 0, {}};
  const auto work = work_of("w");
  CHECK(where({busy, node_of("b", 4)}, work) == "b");
  const auto reasons
    = explain_placement({busy, node_of("b", 4)}, {work}, "w", noon);
  CHECK(reasons->node == "b");
  CHECK(reasons->refusals
        == std::vector{node_refusal{"a", why::not_chosen, "b"}});
}

TEST_CASE("a lower rank goes first, then who waited longer, then the id") {
  auto node = node_of("a", 1);
  auto first = work_of("z");
  first.rank = 1;
  auto second = work_of("y");
  second.rank = 2;
  second.ready_since = noon - 1s;
  auto third = work_of("b");
  third.rank = 2;
  auto fourth = work_of("c");
  fourth.rank = 2;
  auto all = std::vector{fourth, third, second, first};
  for (const auto* expected : {"z", "y", "b", "c"}) {
    const auto plan = place({node}, all, noon);
    REQUIRE(plan.placed.size() == 1);
    CHECK(plan.placed[0].work == expected);
    CHECK(all.back().id == expected);
    all.pop_back();
  }
}

TEST_CASE("work of a group is spread over the nodes") {
  auto all = std::vector<placeable_work>{};
  for (auto i = 0; i < 6; ++i) {
    all.push_back(work_of("w" + std::to_string(i)));
    all.back().spread_group = "g";
  }
  // By room alone the large one would get most.
  const auto nodes
    = std::vector{node_of("a", 4), node_of("b", 4), node_of("c", 64)};
  auto counts = std::map<std::string, int>{};
  for (const auto& each : place(nodes, all, noon).placed)
    ++counts[each.node];
  CHECK(counts == std::map<std::string, int>{{"a", 2}, {"b", 2}, {"c", 2}});

  for (auto& each : all)
    each.per_node_max = 1;
  const auto plan = place(nodes, all, noon);
  CHECK(plan.placed.size() == 3);
  CHECK(plan.waiting.size() == 3);
}

TEST_CASE("work goes to its data, waits a while for them, then goes anywhere") {
  auto nodes = std::vector{node_of("a"), node_of("b"), node_of("c")};
  auto work = work_of("w");
  work.data_key = "shard 7";
  const auto owner = where(nodes, work);
  CHECK(place(nodes, {work}, noon).placed.front().is_near_data);
  auto& home = *std::ranges::find(nodes, owner, &placement_node::name);

  // Its node is full, the others are not.
  home.held = home.capacity;
  const auto plan = place(nodes, {work}, noon + 2s);
  REQUIRE(plan.waiting.size() == 1);
  CHECK(plan.waiting[0].next_check == noon + 3s);
  CHECK(plan.waiting[0].kept_node.empty());
  const auto reasons = explain_placement(nodes, {work}, "w", noon + 2s);
  auto refusals = std::map<why, int>{};
  for (const auto& each : reasons->refusals)
    ++refusals[each.why];
  CHECK(refusals
        == std::map<why, int>{{why::no_room, 1}, {why::waits_for_data, 2}});

  const auto late = place(nodes, {work}, noon + 3s);
  REQUIRE(late.placed.size() == 1);
  CHECK(late.placed[0].node != owner);
  CHECK_FALSE(late.placed[0].is_near_data);

  // A node that drains has no data to wait for: the next owner is the owner.
  home.is_draining = true;
  const auto next = place(nodes, {work}, noon);
  REQUIRE(next.placed.size() == 1);
  CHECK(next.placed[0].node == late.placed[0].node);
  CHECK(next.placed[0].is_near_data);
}

TEST_CASE("after a while a node is kept for work that is too large for what is "
          "free") {
  auto a = node_of("a", 8);
  auto b = node_of("b", 8);
  a.held = {6'000, 0, {}};
  b.held = {4'000, 0, {}};
  auto large = work_of("large", 8);
  auto small = work_of("small");
  small.rank = 1;
  const auto early = place({a, b}, {large, small}, noon + 59s);
  CHECK(early.placed == std::vector{placed_work{"small", "b", false}});
  REQUIRE(early.waiting.size() == 1);
  CHECK(early.waiting[0].next_check == noon + 1min);

  small.ready_since = noon + 1min;
  const auto late = place({a, b}, {large, small}, noon + 1min);
  CHECK(late.placed == std::vector{placed_work{"small", "a", false}});
  CHECK(late.waiting == std::vector{waiting_work{"large", {}, "b"}});
  const auto reasons
    = explain_placement({a, b}, {large, small}, "small", noon + 1min);
  CHECK(reasons->refusals
        == std::vector{node_refusal{"b", why::kept_for_other, "large"}});

  // What is more urgent is not held up.
  large.rank = 2;
  CHECK(place({b}, {large, small}, noon + 1min).placed.size() == 1);
}
