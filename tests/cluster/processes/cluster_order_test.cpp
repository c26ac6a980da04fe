#include "tests/cluster/processes/cluster_load.hpp"
#include "tests/cluster/processes/shared_clusters.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr auto nothing = "apiVersion: troupe/v1\nkind: Workflow\nid: nothing\n"
                         "steps: [{id: s, activity: noop}]\n";

program_result troupe_command(const process_cluster& cluster,
                              std::vector<std::string> arguments) {
  auto run = program_run{};
  run.arguments = std::move(arguments);
  run.folder = cluster.folder().path();
  return run_program(run);
}

std::string other(const std::string& coordinator) {
  return coordinator == "a" ? "b" : "a";
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - begun);
}

} // namespace

TEST_CASE("the nodes of a cluster see each other, and work for whoever asks") {
  auto& cluster = whole_cluster();
  for (const std::string node : {"a", "b", "v", "w"}) {
    const auto shown
      = troupe_command(cluster, {"cluster", "status", "--output", "json",
                                 "--socket", cluster.socket(node)});
    INFO(shown.err);
    REQUIRE(shown.exit_code == 0);
    const auto status = nlohmann::json::parse(shown.out);
    CHECK(status.at("node") == node);
    CHECK(status.at("leader") == cluster.leader());
    CHECK(status.at("failover") == true);
    CHECK(status.at("nodes").size() == 4);
  }
  auto ledger = effect_ledger{cluster};
  auto runs = std::vector<std::string>{};
  for (const std::string node : {"a", "b", "v", "w"})
    runs.push_back(cluster.submit(ledger.workflow(1), "seen-" + node, node));
  CHECK(cluster.await(runs).completed == runs.size());
  CHECK(ledger.effects().size() == runs.size());
  CHECK(ledger.repeated() == 0);
}

TEST_CASE("a leader that is told to stop hands over at once") {
  auto& cluster = whole_cluster();
  auto with = cluster_load{cluster, "handed-over"};
  with.add(10);
  const auto former = cluster.leader();
  const auto next = other(former);
  cluster.process(former).send(SIGTERM);
  const auto handed = cluster.await("another one leads", [&] {
    const auto seen = cluster.status(next);
    return seen && seen->leader() == next;
  });
  static_cast<void>(cluster.submit(nothing, "handed-over-next", next));
  WARN("measured: leader told to stop, another one leads after "
       << handed.count() << " ms");
  CHECK(handed < 5s);
  CHECK(cluster.process(former).wait() == 0);
  cluster.forget(former);
  with.check();
}

TEST_CASE("a drained worker takes nothing new, and ends what it has") {
  auto& cluster = whole_cluster();
  auto before = effect_ledger{cluster};
  auto runs = std::vector<std::string>{};
  for (auto i = 0; i < 4; ++i)
    runs.push_back(cluster.submit(before.workflow(1, 1s),
                                  "drained-before-" + std::to_string(i)));
  const auto ask = [&](const std::string& what) {
    return troupe_command(cluster, {"cluster", what, "w", "--socket",
                                    cluster.socket("a")});
  };
  const auto asked = ask("drain");
  INFO(asked.err);
  REQUIRE(asked.exit_code == 0);
  const auto leader = cluster.leader();
  cluster.await("the leader knows that it drains",
                [&] { return cluster.state_of("w", leader) == "draining"; });
  auto during = effect_ledger{cluster};
  const auto text = during.workflow(1, 300ms);
  for (auto i = 0; i < 12; ++i)
    runs.push_back(cluster.submit(text, "drained-during-" + std::to_string(i)));
  auto seen = false;
  auto ended = ended_runs{};
  for (const auto& run : runs) {
    seen = seen || during.has_begun_in(cluster.process("w"));
    ended.completed += cluster.await({run}).completed;
  }
  CHECK_FALSE(seen);
  CHECK(ended.completed == runs.size());
  CHECK(before.repeated() == 0);
  REQUIRE(ask("undrain").exit_code == 0);
  cluster.await("all know that it takes work again",
                [&] { return cluster.state_of("w", leader) == "alive"; });
  auto after = effect_ledger{cluster};
  auto later = std::vector<std::string>{};
  const auto again = after.workflow(1, 1s);
  for (auto i = 0; i < 16; ++i)
    later.push_back(
      cluster.submit(again, "drained-after-" + std::to_string(i)));
  cluster.await("it takes work again",
                [&] { return after.has_begun_in(cluster.process("w")); });
  CHECK(cluster.await(later).completed == later.size());
}

TEST_CASE("a worker that is told to stop ends what it has") {
  auto& cluster = whole_cluster();
  auto ledger = effect_ledger{cluster};
  auto runs = std::vector<std::string>{};
  const auto text = ledger.workflow(1, 1s);
  for (auto i = 0; i < 12; ++i)
    runs.push_back(cluster.submit(text, "stopped-" + std::to_string(i)));
  cluster.await("it works",
                [&] { return ledger.has_begun_in(cluster.process("w")); });
  const auto told = std::chrono::steady_clock::now();
  CHECK(cluster.stop("w") == 0);
  CHECK(since(told) < 10s);
  CHECK(cluster.await(runs).completed == runs.size());
  CHECK(ledger.effects().size() == runs.size());
  CHECK(ledger.repeated() == 0);
  cluster.start("w");
  cluster.heal();
}

TEST_CASE("all nodes are restarted one after the other, and no run fails") {
  auto& cluster = whole_cluster();
  auto with = cluster_load{cluster, "rolling"};
  with.add(10);
  const auto begun = std::chrono::steady_clock::now();
  auto longest = std::chrono::milliseconds{0};
  for (const std::string node : {"v", "w", "a", "b"}) {
    const auto told = std::chrono::steady_clock::now();
    CHECK(cluster.stop(node) == 0);
    longest = std::max(longest, since(told));
    with.add(5);
    cluster.start(node);
    cluster.heal();
    with.add(5);
  }
  with.check();
  WARN("measured: all four nodes restarted under load in "
       << since(begun).count() << " ms, each stopped within " << longest.count()
       << " ms, 0 runs failed, " << with.repeated() << " effects repeated");
  CHECK(longest < 10s);
  CHECK(with.repeated() == 0);
}

TEST_CASE("a cluster goes on when its database crashes and comes back") {
  auto& cluster = whole_cluster();
  auto with = cluster_load{cluster, "database"};
  with.add(10);
  cluster.database().crash();
  const auto begun = std::chrono::steady_clock::now();
  cluster.database().start();
  const auto away = since(begun);
  const auto back = std::chrono::steady_clock::now();
  static_cast<void>(cluster.submit(nothing, "database-next"));
  WARN("measured: the database was away for "
       << away.count() << " ms, next run accepted " << since(back).count()
       << " ms after");
  with.add(5);
  with.check();
}

TEST_CASE("a node refuses what it is told wrongly, with file and line") {
  auto& cluster = whole_cluster();
  auto text = read_file(cluster.config("w"));
  const auto at = text.find("jobs: 8");
  text.replace(at, 7, "jobs: 0");
  const auto file = cluster.folder().write("wrong.yaml", text);
  const auto refused
    = troupe_command(cluster, {"node", "--config", file.string()});
  CHECK(refused.exit_code == 2);
  INFO(refused.err);
  CHECK(refused.err.find("wrong.yaml:8:") != std::string::npos);
  const auto absent
    = troupe_command(cluster, {"node", "--config", "absent.yaml"});
  CHECK(absent.exit_code == 3); // As of any file that is not there.
  CHECK(absent.err.find("absent.yaml") != std::string::npos);
}

TEST_CASE("a second process of a node is refused") {
  auto& cluster = whole_cluster();
  const auto same_folder
    = troupe_command(cluster, {"node", "--config", cluster.config("w")});
  INFO(same_folder.err);
  CHECK(same_folder.exit_code != 0);
  CHECK(same_folder.err.find("in use") != std::string::npos);
  // Another folder, but the address of somebody who lives.
  auto text = read_file(cluster.config("w"));
  const auto at = text.find("data: w");
  text.replace(at, 7, "data: z");
  const auto file = cluster.folder().write("twin.yaml", text);
  const auto same_address
    = troupe_command(cluster, {"node", "--config", file.string()});
  INFO(same_address.err);
  CHECK(same_address.exit_code != 0);
  CHECK(same_address.err.find("127.0.0.1:") != std::string::npos);
}
