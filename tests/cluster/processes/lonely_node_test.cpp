#include "actors/engine/engine_client.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"
#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

using steady = std::chrono::steady_clock;

/// A node that is coordinator and worker, with nobody else: whom nobody
/// follows when it leaves.
class lonely_node {
public:
  lonely_node() {
    folder_.write("a.yaml",
                  "apiVersion: troupe/v1\nkind: Node\nname: a\nroles: "
                  "[coordinator, worker]\nlisten: 127.0.0.1:0\ndata: a\nstore: "
                    + database_.address() + "\nstop_grace: 30s\n");
  }

  void start() {
    process_.emplace(std::vector<std::string>{"node", "--config",
                                              (folder_ / "a.yaml").string(),
                                              "--log-level", "info"},
                     folder_ / ("a-" + std::to_string(++starts_) + ".log"));
    await("it leads", [&] {
      auto client = engine::engine_client::connect(socket());
      if (!client)
        return false;
      const auto seen = client->cluster();
      return seen && seen->leader() == "a";
    });
  }

  /// Returns once it is stored.
  std::string submit(const std::string& command) {
    auto client = engine::engine_client::connect(socket());
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
    auto client = engine::engine_client::connect(socket());
    REQUIRE(client);
    const auto result = client->await(run, 60s);
    REQUIRE(result);
    return result->status();
  }

  void send(int signal) const {
    process_->send(signal);
  }

  /// Its exit code, and how long that took.
  std::pair<int, std::chrono::milliseconds> wait() {
    const auto begun = steady::now();
    const auto code = process_->wait();
    return {code, std::chrono::duration_cast<std::chrono::milliseconds>(
                    steady::now() - begun)};
  }

  void await(const std::string& what, const std::function<bool()>& holds) {
    const auto end = steady::now() + 60s;
    while (!holds()) {
      if (steady::now() > end)
        FAIL("it did not come about that " + what + "\n" + output());
      std::this_thread::sleep_for(10ms);
    }
  }

  [[nodiscard]] std::string output() const {
    return process_->output();
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    return std::filesystem::exists(path(name)) ? read_file(path(name)) : "";
  }

private:
  [[nodiscard]] std::string socket() const {
    return path("a/node.sock");
  }

  temporary_folder folder_;
  last_will will_{"rm -rf " + folder_.path().string()};
  postgres_server database_;
  int starts_ = 0;
  std::optional<program> process_;
};

} // namespace

TEST_CASE("a node whom nobody follows ends what runs on it, and stops") {
  auto node = lonely_node{};
  node.start();
  node.send(SIGTERM);
  const auto idle = node.wait();
  INFO(node.output());
  CHECK(idle.first == 0);
  WARN("measured: an only node without work told to stop, gone after "
       << idle.second.count() << " ms");
  CHECK(idle.second < 5s);

  node.start();
  const auto run = node.submit("echo begun >> '" + node.path("begun")
                               + "'; sleep 1.5; echo "
                                 "ended >> '"
                               + node.path("ended") + "'; echo null");
  node.await("the step begins", [&] { return !node.text("begun").empty(); });
  node.send(SIGTERM);
  const auto busy = node.wait();
  CHECK(busy.first == 0);
  CHECK(node.text("ended") == "ended\n");
  WARN("measured: the same with a step of 1.5 s, gone after "
       << busy.second.count() << " ms");
  CHECK(busy.second < 10s); // Not the whole grace of 30 s.

  // The end of the step was stored: it is not begun anew.
  node.start();
  CHECK(node.status_of(run) == "completed");
  CHECK(node.text("begun") == "begun\n");

  static_cast<void>(
    node.submit("echo long >> '" + node.path("begun") + "'; exec sleep 60"));
  node.await("the long step begins",
             [&] { return node.text("begun") == "begun\nlong\n"; });
  node.send(SIGTERM);
  node.await("it waits", [&] {
    return node.output().find("told to stop") != std::string::npos;
  });
  node.send(SIGTERM);
  const auto second = node.wait();
  CHECK(second.first == 130);
  WARN("measured: told a second time, gone after " << second.second.count()
                                                   << " ms");
  CHECK(second.second < 5s);
}
