#include "cluster/placement/work_placement.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace std::chrono_literals;
using namespace troupe::cluster;
using namespace troupe::tests;
using troupe::runtime::clock;
using why = placement_refusal;

namespace {

constexpr auto world_start = clock::wall_time{1'700'000'000s};

/// Nodes and work of any kind.
struct random_world {
  std::vector<placement_node> nodes;
  std::vector<placeable_work> work;
  std::mt19937_64 random;

  explicit random_world(std::uint64_t seed) : random{seed} {
    for (auto i = 1 + random() % 6; i != 0; --i)
      nodes.push_back(some_node("n" + std::to_string(i)));
    for (auto i = random() % 30; i != 0; --i)
      work.push_back(some_work("w" + std::to_string(i)));
  }

  bool happens(unsigned percent) {
    return random() % 100 < percent;
  }

  placement_node some_node(const std::string& name) {
    auto node = placement_node{};
    node.name = name;
    node.capacity = {1'000 * (1 + random() % 8), random() % 100, {}};
    if (happens(40))
      node.capacity.named["gpu"] = 1 + random() % 3;
    node.held = {random() % (node.capacity.cpu_thousandths + 1),
                 random() % (node.capacity.memory_bytes + 1),
                 {}};
    if (happens(50))
      node.labels["zone"] = happens(50) ? "north" : "south";
    node.credit = static_cast<std::uint32_t>(random() % 6);
    node.is_draining = happens(10);
    node.groups["g0"] = static_cast<std::uint32_t>(random() % 3);
    node.data_weight = static_cast<std::uint32_t>(random() % 4);
    return node;
  }

  placeable_work some_work(const std::string& id) {
    auto one = placeable_work{};
    one.id = id;
    one.rank = random() % 3;
    one.ready_since
      = world_start - std::chrono::seconds{random() % (happens(30) ? 4 : 120)};
    one.needed = {500 * (random() % 6), random() % 40, {}};
    if (happens(15))
      one.needed.named["gpu"] = random() % 3;
    if (happens(15))
      one.required.push_back({"zone", happens(50) ? "north" : ""});
    if (happens(15))
      one.excluded.push_back({"zone", "south"});
    if (happens(30))
      one.data_key = "d" + std::to_string(random() % 5);
    if (happens(40)) {
      one.spread_group = "g" + std::to_string(random() % 2);
      one.per_node_max = static_cast<std::uint32_t>(random() % 3);
    }
    if (happens(10))
      one.avoided.push_back("n1");
    return one;
  }
};

bool carries(const placement_node& node, const label_rule& rule) {
  const auto found = node.labels.find(rule.label);
  return found != node.labels.end()
         && (rule.value.empty() || found->second == rule.value);
}

/// The rules once more, in another form than that of the code.
bool is_allowed(const placement_node& node, const placeable_work& one) {
  const auto bears = [&node](const auto& rule) { return carries(node, rule); };
  return !node.is_draining && std::ranges::all_of(one.required, bears)
         && std::ranges::none_of(one.excluded, bears)
         && std::ranges::find(one.avoided, node.name) == one.avoided.end();
}

bool has_place(const placement_node& node, const placeable_work& one) {
  auto sum = node.held;
  add(sum, one.needed);
  const auto is_full = one.per_node_max != 0 && !one.spread_group.empty()
                       && node.groups.contains(one.spread_group)
                       && node.groups.at(one.spread_group) >= one.per_node_max;
  // A sum has names with nothing of it, too.
  return node.credit != 0 && !is_full && fits(sum, node.capacity);
}

void put(placement_node& node, const placeable_work& one) {
  add(node.held, one.needed);
  --node.credit;
  if (!one.spread_group.empty())
    ++node.groups[one.spread_group];
}

template <class Named>
auto& find_named(std::vector<Named>& all, const std::string& name,
                 std::string Named::*member) {
  return *std::ranges::find(all, name, member);
}

} // namespace

TEST_CASE("no plan asks more of a node than it has and allows") {
  auto placed = 0;
  for (auto seed = 1U; seed <= effort(1'000); ++seed) {
    auto world = random_world{seed};
    const auto plan = place(world.nodes, world.work, world_start);
    INFO("seed " << seed);
    REQUIRE(plan.placed.size() + plan.waiting.size() == world.work.size());
    auto seen = std::set<std::string>{};
    for (const auto& each : plan.placed) {
      const auto& one = find_named(world.work, each.work, &placeable_work::id);
      auto& node = find_named(world.nodes, each.node, &placement_node::name);
      REQUIRE(seen.insert(each.work).second);
      REQUIRE(is_allowed(node, one));
      REQUIRE(has_place(node, one));
      put(node, one);
      ++placed;
    }
    for (const auto& each : plan.waiting)
      REQUIRE(seen.insert(each.work).second);
  }
  CHECK(placed > 100);
}

TEST_CASE("nothing waits that could go somewhere, but for its data or for who "
          "waited longer") {
  auto kept = 0;
  auto for_data = 0;
  for (auto seed = 1U; seed <= effort(1'000); ++seed) {
    auto world = random_world{seed};
    const auto plan = place(world.nodes, world.work, world_start);
    for (const auto& each : plan.placed)
      put(find_named(world.nodes, each.node, &placement_node::name),
          find_named(world.work, each.work, &placeable_work::id));
    auto kept_nodes = std::set<std::string>{};
    for (const auto& each : plan.waiting)
      if (!each.kept_node.empty())
        kept_nodes.insert(each.kept_node);
    kept += static_cast<int>(kept_nodes.size());
    INFO("seed " << seed);
    for (const auto& each : plan.waiting) {
      const auto& one = find_named(world.work, each.work, &placeable_work::id);
      const auto waits_for_data
        = !one.data_key.empty() && world_start < one.ready_since + 3s;
      for_data += waits_for_data ? 1 : 0;
      for (const auto& node : world.nodes)
        if (!waits_for_data && !kept_nodes.contains(node.name)) {
          INFO(one.id << " on " << node.name);
          REQUIRE_FALSE((is_allowed(node, one) && has_place(node, one)));
        }
    }
  }
  CHECK(kept > 0);
  CHECK(for_data > 0);
}

TEST_CASE("the order in which nodes and work are named changes nothing") {
  for (auto seed = 1U; seed <= effort(300); ++seed) {
    auto world = random_world{seed};
    const auto plan = place(world.nodes, world.work, world_start);
    std::shuffle(world.nodes.begin(), world.nodes.end(), world.random);
    std::shuffle(world.work.begin(), world.work.end(), world.random);
    INFO("seed " << seed);
    REQUIRE(place(world.nodes, world.work, world_start) == plan);
  }
}

TEST_CASE("what is explained is what is done, with a reason for each other "
          "node") {
  auto reasons_seen = std::set<why>{};
  for (auto seed = 1U; seed <= effort(300); ++seed) {
    auto world = random_world{seed};
    auto nodes = std::map<std::string, std::string>{};
    for (const auto& each : place(world.nodes, world.work, world_start).placed)
      nodes[each.work] = each.node;
    for (const auto& one : world.work) {
      const auto reasons
        = explain_placement(world.nodes, world.work, one.id, world_start);
      REQUIRE(reasons);
      REQUIRE(reasons->node == nodes[one.id]);
      const auto others = world.nodes.size() - (reasons->node.empty() ? 0 : 1);
      REQUIRE(reasons->refusals.size() == others);
      for (const auto& each : reasons->refusals) {
        REQUIRE(each.node != reasons->node);
        REQUIRE((each.why != why::not_chosen || !reasons->node.empty()));
        reasons_seen.insert(each.why);
      }
    }
  }
  CHECK(reasons_seen.size() == static_cast<std::size_t>(why::not_chosen) + 1);
}

namespace {

/// Two nodes of four processors, and a stream of small work that would fill
/// them for ever. How long work that needs a whole node waits for it.
std::chrono::microseconds wait_of_large(std::uint64_t seed,
                                        const placement_options& options) {
  auto random = std::mt19937_64{seed};
  auto nodes = std::vector<placement_node>(2);
  for (auto i = std::size_t{0}; i < 2; ++i) {
    nodes[i].name = "n" + std::to_string(i);
    nodes[i].capacity.cpu_thousandths = 4'000;
  }
  auto large = placeable_work{};
  large.id = "large";
  large.ready_since = world_start + 30s; // Both are busy by then.
  large.needed.cpu_thousandths = 4'000;
  auto running = std::multimap<clock::wall_time, std::size_t>{};
  for (auto now = world_start; now < world_start + 10min; now += 1s) {
    while (!running.empty() && running.begin()->first <= now) {
      nodes[running.begin()->second].held.cpu_thousandths -= 1'000;
      running.erase(running.begin());
    }
    auto work = std::vector<placeable_work>{};
    for (auto i = 0; i < 8; ++i) {
      work.push_back(large);
      work.back().id = "small" + std::to_string(i);
      work.back().ready_since = now;
      work.back().needed.cpu_thousandths = 1'000;
    }
    if (now >= large.ready_since)
      work.push_back(large);
    for (auto& each : nodes)
      each.credit = 4;
    for (const auto& each : place(nodes, work, now, options).placed) {
      if (each.work == "large")
        return now - large.ready_since;
      const auto node = each.node == "n0" ? std::size_t{0} : std::size_t{1};
      nodes[node].held.cpu_thousandths += 1'000;
      running.emplace(now + std::chrono::seconds{5 + random() % 16}, node);
    }
  }
  return 10min;
}

} // namespace

TEST_CASE("large work does not starve while small work keeps coming") {
  auto never = placement_options{};
  never.reserve_after = 24h;
  const auto seeds = effort(40);
  auto starved = 0U;
  for (auto seed = 1U; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    // All that ran when the node was kept has ended after 20 s.
    CHECK(wait_of_large(seed, {}) <= 81s);
    starved += wait_of_large(seed, never) == 10min ? 1 : 0;
  }
  // Now and then a node empties by chance.
  CHECK(starved * 4 >= seeds * 3);
}
