#include "tests/cluster/processes/cluster_load.hpp"
#include "tests/cluster/processes/lease_audit.hpp"
#include "tests/cluster/processes/namespace_network.hpp"
#include "tests/cluster/processes/packet_switch.hpp"
#include "tests/cluster/processes/shared_clusters.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <future>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr auto nodes = std::array{"a", "b", "v", "w"};

constexpr auto nothing = "apiVersion: troupe/v1\nkind: Workflow\nid: nothing\n"
                         "steps: [{id: s, activity: noop}]\n";

std::string other_coordinator(const std::string& one) {
  return one == "a" ? "b" : "a";
}

/// A cluster under load, and what has to be true at the end of each case.
struct disturbed {
  process_cluster& cluster;
  cluster_load load;

  disturbed(process_cluster& of, const std::string& name)
    : cluster{of}, load{of, name} {
    load.add(10);
  }

  /// How long until all agree, once the network is well again.
  void heal_and_check(const std::string& what) {
    cluster.network().heal();
    const auto converged = cluster.await(
      "all agree", [&] { return cluster.is_of_one_mind(); }, 30s);
    WARN("measured: " << what << ": all agree " << converged.count()
                      << " ms after it is over");
    CHECK(converged < 25s);
    load.add(3);
    cluster.heal();
    load.check();
  }

  /// Until a coordinator says that it leads.
  std::chrono::milliseconds await_leader(const std::string& node) {
    return cluster.await(node + " leads", [&] {
      const auto seen = cluster.status(node);
      return seen && seen->leader() == node;
    });
  }

  /// Nobody declares anybody dead meanwhile.
  [[nodiscard]] std::string dead() const {
    auto text = std::string{};
    for (const std::string seen_by : nodes)
      for (const std::string node : nodes)
        if (cluster.state_of(node, seen_by) == "dead")
          text += seen_by + " holds " + node + " for dead\n";
    return text;
  }
};

} // namespace

TEST_CASE("what a worker that is cut off had begun runs elsewhere") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  auto with = disturbed{*cluster, "cut-off-worker"};
  auto step = effect_ledger{*cluster};
  const auto run = cluster->submit(step.workflow(1, 2s), "cut-off-worker-step");
  const auto lost = worker_of(*cluster, step);
  const auto elsewhere = lost == "v" ? "w" : "v";
  cluster->network().isolate(lost);
  const auto taken = cluster->await("the step runs elsewhere", [&] {
    return step.has_begun_in(cluster->process(elsewhere));
  });
  WARN("measured: worker cut off, its step runs elsewhere after "
       << taken.count() << " ms");
  CHECK(taken < 7'500ms);
  // Until the zombie is done with its own.
  with.load.keep_up_for(2s);
  with.heal_and_check("worker cut off");
  REQUIRE(cluster->await({run}).completed == 1);
  // Both workers did it, under one key, and one of them was believed.
  REQUIRE(step.effects().size() == 1);
  CHECK(step.repeated() == 1);
  CHECK(wrong_steps(*cluster, run, 1).empty());
}

TEST_CASE("a worker that is heard and hears nothing, or the reverse") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  auto with = disturbed{*cluster, "one-way"};
  const auto cut = line_quality{.is_cut = true};
  for (const auto is_deaf : {true, false}) {
    const std::string worker = is_deaf ? "v" : "w";
    for (const std::string other : {"a", "b", is_deaf ? "w" : "v"})
      if (is_deaf)
        cluster->network().set(other, worker, cut);
      else
        cluster->network().set(worker, other, cut);
    with.load.keep_up_for(1500ms);
    with.heal_and_check(is_deaf ? "deaf worker" : "mute worker");
  }
}

TEST_CASE("a leader that is cut off from the database is followed") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  auto with = disturbed{*cluster, "no-database"};
  const auto former = cluster->leader();
  const auto next = other_coordinator(former);
  cluster->network().cut(former, "db");
  // Before it knows.
  auto answered = std::async(std::launch::async, [&] {
    const auto begun = std::chrono::steady_clock::now();
    static_cast<void>(
      cluster->try_to_submit(nothing, "no-database-asked", former, 60s));
    return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  });
  const auto followed = with.await_leader(next);
  // It cannot know who does, as it is the database that says so.
  const auto conceded
    = cluster->await("the former leader believes no more", [&] {
        const auto seen = cluster->status(former);
        return seen && seen->leader() != former;
      });
  WARN("measured: leader without database, another one leads after "
       << followed.count() << " ms, the former one believes no more "
       << conceded.count() << " ms later");
  with.load.keep_up_for(1s);
  const auto answer = answered.get();
  WARN("measured: leader without database, whoever asked it is answered after "
       << answer.count() << " ms");
  CHECK(answer < 25s);
  with.heal_and_check("leader without database");
}

TEST_CASE("a leader that is cut off from everything is followed") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  auto with = disturbed{*cluster, "cut-off-leader"};
  const auto former = cluster->leader();
  const auto next = other_coordinator(former);
  cluster->network().isolate(former);
  const auto followed = with.await_leader(next);
  cluster->await("the former leader believes no more", [&] {
    const auto seen = cluster->status(former);
    return seen && seen->leader() != former;
  });
  WARN("measured: leader cut off, another one leads after " << followed.count()
                                                            << " ms");
  with.load.keep_up_for(1s);
  with.heal_and_check("leader cut off");
}

TEST_CASE("a line that comes and goes fails no run") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  auto with = disturbed{*cluster, "flapping"};
  for (auto i = 0; i < 5; ++i) {
    cluster->network().isolate("v");
    with.load.keep_up_for(300ms);
    cluster->network().heal();
    with.load.keep_up_for(300ms);
  }
  with.heal_and_check("flapping line");
}

TEST_CASE("a slow network that loses packets loses nobody") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  auto with = disturbed{*cluster, "lossy"};
  cluster->network().set_all({.loss = 0.02, .delay = 50ms});
  auto dead = std::string{};
  const auto end = std::chrono::steady_clock::now() + 4s;
  while (std::chrono::steady_clock::now() < end) {
    with.load.keep_up_for(200ms);
    dead += with.dead();
  }
  INFO(dead);
  CHECK(dead.empty());
  with.heal_and_check("loss of 2 %, 50 ms of delay");
}

TEST_CASE("whoever writes in an epoch of others would be noticed") {
  auto* cluster = disturbable_cluster();
  if (cluster == nullptr)
    return;
  cluster_load{*cluster, "audited"}.add(1);
  REQUIRE(audit(*cluster).empty());
  const auto& database = cluster->database();
  database.execute("INSERT INTO audit.holders VALUES (0, 'a'), (0, 'b')");
  CHECK(audit(*cluster) == "more than one held the lease in epoch 0\n");
  database.execute("DELETE FROM audit.holders WHERE epoch = 0;"
                   "INSERT INTO audit.writes VALUES (-1, 0, 'a'), (0, 0, 'b')");
  CHECK(audit(*cluster) == "more than one wrote in epoch 0\n");
  database.execute("UPDATE audit.writes SET epoch = 1000000 WHERE number = -1;"
                   "DELETE FROM audit.writes WHERE number = 0");
  CHECK(audit(*cluster).find("a later one had written before") == 0);
  database.execute("DELETE FROM audit.writes WHERE number < 1");
  CHECK(audit(*cluster).empty());
}
