#include "actors/engine/placement_desk.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace troupe::engine;

namespace {

constexpr auto activity = activity_id{3};

/// Worker n is on node "n<n>", and can do `activity`.
placed_worker worker_of(std::uint64_t worker, worker_labels labels = {}) {
  return {worker,     "n" + std::to_string(worker), std::move(labels),
          {activity}, {4'000, 1'000, {}},           false};
}

placement_wish wish_for(worker_labels require, worker_labels exclude = {}) {
  return {std::move(require), std::move(exclude), {}, {}, 0};
}

placement_wish data_of(const std::string& key) {
  return {{}, {}, key, {}, 0};
}

placement_wish group_of(const std::string& name, std::uint32_t per_node = 0) {
  return {{}, {}, {}, name, per_node};
}

struct desk_fixture {
  placement_desk desk;
  group_counts running;

  explicit desk_fixture(std::uint64_t workers = 0) {
    for (auto worker = std::uint64_t{1}; worker <= workers; ++worker)
      desk.welcome(worker_of(worker));
  }

  placement_id enter(const placement_wish& wish, bool is_patient = true) {
    return desk.enter(wish, activity, {1'000, 10, {}}, is_patient);
  }

  [[nodiscard]] bool may(std::uint64_t worker, placement_id kind) const {
    return std::ranges::binary_search(desk.open(worker), desk.rules_of(kind))
           && !std::ranges::binary_search(desk.full(worker, running), kind);
  }

  /// Which of the first five workers may have it.
  [[nodiscard]] std::string who(placement_id kind) const {
    auto found = std::string{};
    for (auto worker = std::uint64_t{1}; worker <= 5; ++worker)
      if (may(worker, kind))
        found += std::to_string(worker);
    return found;
  }

  [[nodiscard]] std::string reason(placement_id kind) const {
    return desk.status(kind, running).reason;
  }
};

} // namespace

TEST_CASE("work goes to workers that have its labels") {
  auto it = desk_fixture{};
  it.desk.welcome(worker_of(1, {{"gpu", "true"}, {"zone", "eu"}}));
  it.desk.welcome(worker_of(2, {{"gpu", "true"}, {"zone", "us"}}));
  it.desk.welcome(worker_of(3));
  CHECK(it.who(it.enter(wish_for({{"gpu", "true"}}))) == "12");
  CHECK(it.who(it.enter(wish_for({{"gpu", ""}}, {{"zone", "us"}}))) == "1");
  CHECK(it.who(it.enter(wish_for({}, {{"gpu", ""}}))) == "3");
  CHECK(it.who(it.enter(wish_for({}))) == "123");
}

TEST_CASE("what no worker may have says why") {
  auto it = desk_fixture{};
  const auto both = it.enter(wish_for({{"gpu", "true"}, {"zone", "us"}}));
  CHECK(it.reason(both) == "there is no worker");
  it.desk.welcome(worker_of(1, {{"zone", "us"}}));
  CHECK(it.reason(both) == "no worker has the label gpu=true");
  it.desk.welcome(worker_of(2, {{"gpu", "true"}, {"zone", "eu"}}));
  CHECK(it.reason(both) == "no worker has all of the labels gpu=true, zone=us");
  CHECK(it.desk.status(both, {}).rules == "gpu=true, zone=us");
  const auto excluded = it.enter(wish_for({{"gpu", ""}}, {{"zone", "eu"}}));
  CHECK(it.reason(excluded)
        == "every worker that would do has a label that is excluded: zone=eu");
  CHECK(it.desk.status(excluded, {}).rules == "gpu, not zone=eu");
  const auto held = it.enter(wish_for({{"gpu", "true"}}));
  CHECK(it.reason(held).empty());
  CHECK(it.desk.hold(2, true));
  CHECK_FALSE(it.desk.hold(2, true));
  CHECK(it.reason(held).find("drains") != std::string::npos);
  CHECK(it.who(held).empty());
}

TEST_CASE("a worker that could never do it is not asked") {
  auto it = desk_fixture{};
  auto small = worker_of(1);
  small.total.memory_bytes = 5;
  it.desk.welcome(small);
  auto other = worker_of(2);
  other.activities = {activity + 1};
  it.desk.welcome(other);
  it.desk.welcome(worker_of(3));
  // Data are of nodes that could do it, hence of the third.
  for (auto key = 0; key < 20; ++key)
    CHECK(it.who(it.enter(data_of(std::to_string(key)))) == "3");
}

TEST_CASE("work is kept for the node that owns its data, while it waits") {
  auto it = desk_fixture{5};
  auto owners = std::map<std::string, std::string>{};
  auto shares = std::map<std::string, int>{};
  for (auto key = 0; key < 200; ++key) {
    const auto name = std::to_string(key);
    const auto kind = it.enter(data_of(name));
    owners[name] = it.who(kind);
    REQUIRE(owners[name].size() == 1);
    ++shares[owners[name]];
    CHECK(it.reason(kind).find("node n" + owners[name]) != std::string::npos);
    CHECK(it.who(it.enter(data_of(name), false)) == "12345");
  }
  CHECK(shares.size() == 5);
  // A node that drains owns nothing, and only its keys are others'.
  it.desk.hold(2, true);
  for (const auto& [name, before] : owners) {
    const auto after = it.who(it.enter(data_of(name)));
    CHECK((before == "2" ? after != "2" : after == before));
  }
  it.desk.forget(2);
  it.desk.welcome(worker_of(2));
  for (const auto& [name, before] : owners)
    CHECK(it.who(it.enter(data_of(name))) == before);
}

TEST_CASE("a node with more processors owns more") {
  auto it = desk_fixture{1};
  auto large = worker_of(2);
  large.total.cpu_thousandths = 12'000;
  it.desk.welcome(large);
  auto of_large = 0;
  for (auto key = 0; key < 400; ++key)
    of_large += it.who(it.enter(data_of(std::to_string(key)))) == "2" ? 1 : 0;
  CHECK(of_large > 260);
  CHECK(of_large < 340);
}

TEST_CASE("a group goes to the nodes that run the fewest of it") {
  auto it = desk_fixture{3};
  const auto kind = it.enter(group_of("g"));
  CHECK(it.who(kind) == "123");
  it.running["n1"]["g"] = 1;
  CHECK(it.who(kind) == "23");
  it.running["n2"]["g"] = 1;
  it.running["n3"]["g"] = 2;
  CHECK(it.who(kind) == "12");
  // What has waited long enough goes anywhere.
  CHECK(it.who(it.enter(group_of("g"), false)) == "123");
  // Others are no reason, and neither is a node that could not do it.
  it.running["n1"]["h"] = 9;
  CHECK(it.who(kind) == "12");
  it.desk.hold(1, true);
  it.desk.hold(2, true);
  CHECK(it.who(kind) == "3");
}

TEST_CASE("no node runs more of a group than it may, however long it waits") {
  auto it = desk_fixture{2};
  const auto kind = it.enter(group_of("g", 2), false);
  it.running["n1"]["g"] = 2;
  CHECK(it.who(kind) == "2");
  CHECK(it.reason(kind).empty());
  it.running["n2"]["g"] = 2;
  CHECK(it.who(kind).empty());
  CHECK(it.reason(kind) == "enough of group g runs on every node");
  CHECK(it.desk.status(kind, it.running).rules
        == "group g, at most 2 per node");
}

TEST_CASE("kinds last as long as work of them is ready") {
  auto it = desk_fixture{1};
  CHECK(it.desk.pending() == 0);
  const auto first = it.enter(group_of("g"));
  CHECK(it.enter(group_of("g")) == first);
  CHECK(it.enter(group_of("h")) != first);
  CHECK(it.desk.group_of(first) == "g");
  CHECK(it.desk.pending() == 3);
  it.desk.leave(first);
  CHECK(it.may(1, first));
  it.desk.leave(first);
  CHECK_FALSE(it.may(1, first));
  CHECK(it.desk.group_of(first).empty());
  CHECK(it.desk.group_of(0).empty());
}

TEST_CASE("data move with the nodes that come and go, and no others do") {
  auto it = desk_fixture{3};
  auto kinds = std::map<std::string, placement_id>{};
  for (auto key = 0; key < 100; ++key)
    kinds[std::to_string(key)] = it.enter(data_of(std::to_string(key)));
  const auto moved = [&] {
    return std::ranges::count_if(kinds, [&](const auto& each) {
      return it.desk.has_moved(each.second, each.first);
    });
  };
  CHECK(moved() == 0);
  it.desk.welcome(worker_of(4));
  CHECK(moved() > 10);
  CHECK(moved() < 40);
  it.desk.forget(4);
  CHECK(moved() == 0);
  it.desk.hold(2, true);
  for (const auto& [key, kind] : kinds)
    CHECK(it.desk.has_moved(kind, key) == (it.who(kind) == ""));
}

TEST_CASE("what asks for more than any worker has goes to the largest") {
  auto it = desk_fixture{};
  const auto room_of
    = [](std::uint64_t worker, std::uint32_t cpus, worker_labels labels = {}) {
        auto made = worker_of(worker, std::move(labels));
        made.total.cpu_thousandths = cpus * 1'000;
        return made;
      };
  it.desk.welcome(room_of(1, 4, {{"zone", "eu"}}));
  it.desk.welcome(room_of(2, 8, {{"zone", "eu"}}));
  it.desk.welcome(room_of(3, 8));
  it.desk.welcome(room_of(4, 12, {{"zone", "us"}}));
  const auto enter = [&](const placement_wish& wish, std::uint32_t cpus) {
    return it.desk.enter(wish, activity, {cpus * 1'000, 10, {}}, false);
  };
  const auto anywhere = enter(group_of("g"), 16);
  const auto in_europe = enter(wish_for({{"zone", "eu"}}), 16);
  CHECK(it.who(anywhere) == "4");
  CHECK(it.who(in_europe) == "2"); // The largest of those that may have it.
  CHECK(it.who(enter(group_of("g"), 4)) == "1234");
  CHECK(it.desk.larger(1).size() == 2); // Each sort once.
  CHECK(it.desk.larger(4).empty());
  // Who gets nothing new is no reason to wait.
  it.desk.hold(4, true);
  CHECK(it.who(anywhere) == "23");
  CHECK(it.desk.larger(2).empty());
  it.desk.forget(2);
  CHECK(it.who(in_europe) == "1");
}

TEST_CASE("only patience is a reason to pass work over") {
  auto it = desk_fixture{2};
  const auto room = resource_amounts{4'000, 1'000, {}};
  const auto data = it.enter(data_of("x"));
  const auto group = it.enter(group_of("g", 2));
  const auto passes = [&](std::uint64_t worker, placement_id kind) {
    return it.desk.passes_over(worker, kind, room, it.running);
  };
  const auto owner = it.who(data) == "1" ? 1U : 2U;
  CHECK_FALSE(passes(owner, data));
  CHECK(passes(3 - owner, data));
  CHECK_FALSE(it.desk.passes_over(3 - owner, data, {500, 9, {}}, {}));
  CHECK_FALSE(passes(3 - owner, it.enter(data_of("x"), false)));
  CHECK_FALSE(passes(1, group));
  it.running["n1"]["g"] = 1;
  CHECK(passes(1, group));
  it.running["n1"]["g"] = 2; // More than patience.
  CHECK_FALSE(passes(1, group));
}

// Whoever asks first, and whatever the order in which workers came.
TEST_CASE("the order of workers changes nothing") {
  auto random = std::mt19937{7};
  for (auto round = 0; round < 50; ++round) {
    auto workers = std::vector<placed_worker>{};
    for (auto worker = std::uint64_t{1}; worker <= 5; ++worker)
      workers.push_back(
        worker_of(worker, {{"zone", std::to_string(random() % 2)}}));
    auto one = desk_fixture{};
    for (const auto& each : workers)
      one.desk.welcome(each);
    std::ranges::shuffle(workers, random);
    auto other = desk_fixture{};
    for (const auto& each : workers)
      other.desk.welcome(each);
    for (auto i = 0; i < 20; ++i) {
      auto wish = placement_wish{};
      if (random() % 2 == 0)
        wish.require["zone"] = std::to_string(random() % 2);
      if (random() % 2 == 0)
        wish.data = std::to_string(random() % 5);
      if (random() % 2 == 0)
        wish.spread = std::to_string(random() % 2);
      wish.per_node = static_cast<std::uint32_t>(random() % 3);
      const auto group = std::to_string(random() % 2);
      const auto node = "n" + std::to_string(1 + random() % 5);
      ++one.running[node][group];
      ++other.running[node][group];
      const auto is_patient = random() % 2 == 0;
      const auto kind = one.enter(wish, is_patient);
      REQUIRE(other.enter(wish, is_patient) == kind);
      REQUIRE(one.who(kind) == other.who(kind));
      REQUIRE(one.reason(kind) == other.reason(kind));
      // What is put right is what is found anew.
      auto full = one.desk.full(1, one.running);
      ++one.running["n1"][group];
      ++other.running["n1"][group];
      one.desk.refill(1, group, one.running, full);
      REQUIRE(full == other.desk.full(1, other.running));
    }
  }
}
