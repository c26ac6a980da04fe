#include "actors/engine/engine_client.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"
#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

using steady = std::chrono::steady_clock;

/// Nodes that are coordinator and worker each: "a", and whoever joins it.
class double_nodes {
public:
  void start(const std::string& name) {
    auto text
      = "apiVersion: troupe/v1\nkind: Node\nname: " + name
        + "\nroles: [coordinator, worker]\nlisten: 127.0.0.1:0\ndata: " + name
        + "\nstore: " + database_.address() + "\nstop_grace: 30s\njobs: 2\n";
    if (name != "a")
      text += "peers: {a: " + address_of("a") + "}\n";
    folder_.write(name + ".yaml", text);
    processes_.erase(name);
    processes_.try_emplace(
      name,
      std::vector<std::string>{"node", "--config", path(name + ".yaml"),
                               "--log-level", "info"},
      folder_ / (name + "-" + std::to_string(++starts_) + ".log"));
    await("node " + name + " follows somebody",
          [&] { return !status_seen_by(name).leader().empty(); });
  }

  [[nodiscard]] messages::ClusterStatus
  status_seen_by(const std::string& name) const {
    auto client = engine::engine_client::connect(socket(name));
    if (!client)
      return {};
    const auto seen = client->cluster();
    return seen ? *seen : messages::ClusterStatus{};
  }

  /// Returns once it is stored.
  std::string submit(const std::string& command) {
    auto client = engine::engine_client::connect(socket("a"));
    REQUIRE(client);
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text("apiVersion: troupe/v1\nkind: Workflow\nid: w\n"
                             "steps:\n- {id: s, activity: command, with: "
                             "{argv: [sh, -c, \""
                             + command + "\"]}}\n");
    const auto accepted = client->submit(wanted);
    REQUIRE(accepted);
    return accepted->run_id();
  }

  [[nodiscard]] std::string status_of(const std::string& run) const {
    auto client = engine::engine_client::connect(socket("a"));
    REQUIRE(client);
    const auto result = client->await(run, 60s);
    REQUIRE(result);
    return result->status();
  }

  void send(const std::string& name, int signal) const {
    processes_.at(name).send(signal);
  }

  /// Its exit code, and how long that took.
  std::pair<int, std::chrono::milliseconds> wait(const std::string& name) {
    const auto begun = steady::now();
    const auto code = processes_.at(name).wait();
    return {code, std::chrono::duration_cast<std::chrono::milliseconds>(
                    steady::now() - begun)};
  }

  void await(const std::string& what, const std::function<bool()>& holds) {
    const auto end = steady::now() + 60s;
    while (!holds()) {
      if (steady::now() > end) {
        for (const auto& [name, process] : processes_)
          UNSCOPED_INFO(name << ": " << process.output());
        FAIL("it did not come about that " + what);
      }
      std::this_thread::sleep_for(10ms);
    }
  }

  [[nodiscard]] std::string output(const std::string& name) const {
    return processes_.at(name).output();
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    return std::filesystem::exists(path(name)) ? read_file(path(name)) : "";
  }

private:
  [[nodiscard]] std::string socket(const std::string& name) const {
    return path(name + "/node.sock");
  }

  /// As it says itself when it starts.
  [[nodiscard]] std::string address_of(const std::string& name) const {
    const auto said = output(name);
    const auto at = said.find("listens at ") + 11;
    return said.substr(at, said.find(',', at) - at);
  }

  temporary_folder folder_;
  last_will will_{"rm -rf " + folder_.path().string()};
  postgres_server database_;
  int starts_ = 0;
  std::map<std::string, program> processes_;
};

/// A step that says when it begins and ends.
std::string step_of(const double_nodes& in, const std::string& seconds) {
  return "echo begun >> '" + in.path("begun") + "'; sleep " + seconds
         + "; echo ended >> '" + in.path("ended") + "'; echo null";
}

} // namespace

TEST_CASE("a node whom nobody follows ends what runs on it, and stops") {
  auto nodes = double_nodes{};
  nodes.start("a");
  nodes.send("a", SIGTERM);
  const auto idle = nodes.wait("a");
  INFO(nodes.output("a"));
  CHECK(idle.first == 0);
  WARN("measured: an only node without work told to stop, gone after "
       << idle.second.count() << " ms");
  CHECK(idle.second < 5s);

  nodes.start("a");
  const auto run = nodes.submit(step_of(nodes, "1.5"));
  nodes.await("the step begins", [&] { return !nodes.text("begun").empty(); });
  nodes.send("a", SIGTERM);
  const auto busy = nodes.wait("a");
  CHECK(busy.first == 0);
  CHECK(nodes.text("ended") == "ended\n");
  WARN("measured: the same with a step of 1.5 s, gone after "
       << busy.second.count() << " ms");
  CHECK(busy.second < 10s); // Not the whole grace of 30 s.

  // The end of the step was stored: it is not begun anew.
  nodes.start("a");
  CHECK(nodes.status_of(run) == "completed");
  CHECK(nodes.text("begun") == "begun\n");

  static_cast<void>(
    nodes.submit("echo long >> '" + nodes.path("begun") + "'; exec sleep 60"));
  nodes.await("the long step begins",
              [&] { return nodes.text("begun") == "begun\nlong\n"; });
  nodes.send("a", SIGTERM);
  nodes.await("it waits", [&] {
    return nodes.output("a").find("told to stop") != std::string::npos;
  });
  nodes.send("a", SIGTERM);
  const auto second = nodes.wait("a");
  CHECK(second.first == 130);
  WARN("measured: told a second time, gone after " << second.second.count()
                                                   << " ms");
  CHECK(second.second < 5s);
}

TEST_CASE("two nodes that are stopped together end what runs on both") {
  auto nodes = double_nodes{};
  nodes.start("a");
  nodes.start("b");
  nodes.await("they see each other", [&] {
    const auto seen = nodes.status_seen_by("a");
    return seen.has_failover() && seen.nodes_size() == 2;
  });
  // Two fill one node, so that both have something.
  auto runs = std::vector<std::string>{};
  for (auto i = 0; i < 3; ++i)
    runs.push_back(nodes.submit(step_of(nodes, "2")));
  nodes.await("the steps begin",
              [&] { return nodes.text("begun") == "begun\nbegun\nbegun\n"; });
  nodes.send("a", SIGTERM);
  nodes.send("b", SIGTERM);
  const auto begun = steady::now();
  CHECK(nodes.wait("a").first == 0);
  CHECK(nodes.wait("b").first == 0);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
    steady::now() - begun);
  WARN("measured: two nodes with steps of 2 s told to stop together, gone "
       "after "
       << took.count() << " ms");
  CHECK(took < 15s); // Neither waits for the whole grace of 30 s.
  CHECK(nodes.text("ended") == "ended\nended\nended\n");
  nodes.start("a");
  for (const auto& run : runs)
    CHECK(nodes.status_of(run) == "completed");
  CHECK(nodes.text("begun") == "begun\nbegun\nbegun\n");
}
