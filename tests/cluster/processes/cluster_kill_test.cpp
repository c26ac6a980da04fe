#include "actors/engine/recorded_runs.hpp"
#include "tests/actors/engine/stored_run.hpp"
#include "tests/cluster/processes/cluster_load.hpp"
#include "tests/cluster/processes/shared_clusters.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto run_count = 30;
constexpr auto step_count = 3;

/// Of the names, the one that is not it.
std::string other(const std::string& one, const std::string& a,
                  const std::string& b) {
  return one == a ? b : a;
}

constexpr auto in_three_steps = load_shape{step_count, 50ms, 50ms};

/// The only task of a run's first step.
task_work first_task(const process_cluster& in, const std::string& run) {
  const auto state = fold_run(in.store(), run);
  REQUIRE(state->steps().front().tasks.size() == 1);
  return state->steps().front().tasks.front();
}

/// Waits until the run's first step is under way.
void await_begin(const process_cluster& in, const std::string& run) {
  in.await("the step begins", [&] {
    auto stored = recorded_runs::open(in.store());
    if (!stored)
      return false;
    const auto found = stored->find(run);
    if (!found)
      return false;
    const auto state = stored->fold(found->number, found->workflow_digest);
    return state && !(*state)->steps().front().tasks.empty()
           && (*state)->steps().front().tasks.front().status
                == work_status::running;
  });
}

/// Kills the leader; how long until the next run is accepted.
std::chrono::milliseconds kill_leader(process_cluster& cluster,
                                      const std::string& workflow,
                                      const std::string& key) {
  const auto leader = cluster.leader();
  const auto begun = std::chrono::steady_clock::now();
  cluster.kill(leader);
  static_cast<void>(cluster.submit(workflow, key, other(leader, "a", "b")));
  return std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - begun);
}

/// How many kills of the nightly loop, or 1.
int kill_count() {
  const auto* asked = std::getenv("TEST_KILLS");
  return asked == nullptr ? 1 : std::atoi(asked);
}

constexpr auto nothing = "apiVersion: troupe/v1\nkind: Workflow\nid: nothing\n"
                         "steps: [{id: s, activity: noop}]\n";

} // namespace

TEST_CASE("a killed leader is followed, and nothing accepted is lost") {
  auto& cluster = whole_cluster();
  auto times = std::vector<std::chrono::milliseconds>{};
  for (auto i = 0; i < kill_count(); ++i) {
    cluster.heal();
    auto long_step = effect_ledger{cluster};
    const auto name = "killed-leader-" + std::to_string(i);
    const auto kept = cluster.submit(long_step.workflow(1, 4s), name + "-kept");
    await_begin(cluster, kept);
    auto with = cluster_load{cluster, name, in_three_steps};
    with.add(run_count);
    times.push_back(kill_leader(cluster, nothing, name + "-next"));
    with.check();
    // The step went on, and the new leader took it over.
    REQUIRE(cluster.await({kept}).completed == 1);
    const auto task = first_task(cluster, kept);
    CHECK(task.attempts == 1);
    CHECK(task.lost == 0);
    CHECK(long_step.effects().size() == 1);
    CHECK(long_step.repeated() == 0);
    WARN("measured: leader killed, next run accepted after "
         << times.back().count() << " ms; " << with.repeated()
         << " effects repeated of " << with.accepted() * step_count);
  }
  std::ranges::sort(times);
  const auto median = times[times.size() / 2];
  WARN("measured: leader killed, median of " << times.size() << ": "
                                             << median.count() << " ms");
  CHECK(median < 10s);
}

TEST_CASE("the steps of a killed worker run elsewhere") {
  auto& cluster = whole_cluster();
  auto ledger = effect_ledger{cluster};
  const auto run = cluster.submit(ledger.workflow(1, 2s), "killed-worker");
  await_begin(cluster, run);
  const auto lost = worker_of(cluster, ledger);
  const auto others = other(lost, "v", "w");
  auto with = cluster_load{cluster, "killed-worker-load"};
  with.add(10);
  cluster.kill(lost);
  const auto elsewhere = cluster.await("the step runs elsewhere", [&] {
    return ledger.has_begun_in(cluster.process(others));
  });
  WARN("measured: worker killed, its step runs elsewhere after "
       << elsewhere.count() << " ms");
  CHECK(elsewhere < 7'500ms);
  REQUIRE(cluster.await({run}).completed == 1);
  const auto task = first_task(cluster, run);
  CHECK(task.attempts == 1);
  CHECK(task.lost == 1);
  CHECK(ledger.effects().size() == 1);
  with.check();
}

TEST_CASE("a leader and a worker are killed at once, and nothing is lost") {
  auto& cluster = whole_cluster();
  auto ledger = effect_ledger{cluster};
  const auto run = cluster.submit(ledger.workflow(1, 1s), "killed-both");
  await_begin(cluster, run);
  const auto worker = worker_of(cluster, ledger);
  auto with = cluster_load{cluster, "killed-both-load"};
  with.add(10);
  const auto leader = cluster.leader();
  cluster.kill(leader);
  cluster.kill(worker);
  const auto elsewhere = cluster.await("the step runs elsewhere", [&] {
    return ledger.has_begun_in(cluster.process(other(worker, "v", "w")));
  });
  WARN("measured: leader and worker killed, the worker's step runs elsewhere "
       "after "
       << elsewhere.count() << " ms");
  REQUIRE(cluster.await({run}).completed == 1);
  CHECK(ledger.effects().size() == 1);
  with.check();
}

TEST_CASE("what a frozen worker says later does not count") {
  auto& cluster = whole_cluster();
  auto ledger = effect_ledger{cluster};
  const auto run = cluster.submit(ledger.workflow(1, 2s), "frozen-worker");
  await_begin(cluster, run);
  const auto zombie = worker_of(cluster, ledger);
  const auto leader = cluster.leader();
  const auto begun = std::chrono::steady_clock::now();
  cluster.send(zombie, SIGSTOP);
  const auto detected = cluster.await("the frozen worker is noticed", [&] {
    const auto state = cluster.state_of(zombie, leader);
    return state == "dead" || state == "suspect";
  });
  const auto declared
    = cluster.await("the frozen worker is held for dead",
                    [&] { return cluster.state_of(zombie, leader) == "dead"; });
  WARN("measured: worker frozen, noticed after "
       << detected.count() << " ms, held for dead after "
       << (detected + declared).count() << " ms");
  CHECK(detected + declared < 7'500ms);
  std::this_thread::sleep_until(begun + 3s);
  cluster.send(zombie, SIGCONT);
  const auto ended = cluster.await({run});
  INFO(ended.why);
  REQUIRE(ended.completed == 1);
  const auto task = first_task(cluster, run);
  CHECK(task.attempts == 1);
  CHECK(task.lost == 1);
  // Twice, as the frozen one's command went on, but under one key.
  CHECK(ledger.effects().size() == 1);
  CHECK(ledger.effects().begin()->second == 2);
  cluster.heal();
  CHECK(cluster.doctor().empty());
}

TEST_CASE("a frozen leader is followed, and writes nothing when it is back") {
  auto& cluster = whole_cluster();
  auto with = cluster_load{cluster, "frozen-leader", in_three_steps};
  with.add(run_count);
  const auto frozen = cluster.leader();
  const auto next = other(frozen, "a", "b");
  const auto begun = std::chrono::steady_clock::now();
  cluster.send(frozen, SIGSTOP);
  const auto followed = cluster.await("another one leads", [&] {
    const auto seen = cluster.status(next);
    return seen && seen->leader() == next;
  });
  static_cast<void>(cluster.submit(nothing, "frozen-leader-next", next));
  const auto accepted = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - begun);
  const auto epoch = cluster.status(next)->epoch();
  std::this_thread::sleep_until(begun + 3s);
  cluster.send(frozen, SIGCONT);
  const auto conceded = cluster.await("the former leader concedes", [&] {
    const auto seen = cluster.status(frozen);
    return seen && seen->leader() == next && seen->epoch() == epoch;
  });
  WARN("measured: leader frozen, another one leads after "
       << followed.count() << " ms, next run accepted after "
       << accepted.count() << " ms; conceded " << conceded.count()
       << " ms after it was back");
  CHECK(accepted < 10s);
  with.check();
  cluster.heal();
  CHECK(cluster.leader() == next);
  CHECK(cluster.doctor().empty());
}
