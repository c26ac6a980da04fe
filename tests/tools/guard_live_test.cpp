#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"
#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace troupe::tests;
using nlohmann::json;

namespace {

constexpr auto guards = R"(apiVersion: troupe/v1
kind: Guards
guards:
  few:
    quota: {limit: 2, window: month, zone: UTC}
  fragile:
    breaker:
      {mode: consecutive, failures: 1, trials: 1, open: 1h, open_cap: 2h}
)";

constexpr auto limited = R"(apiVersion: troupe/v1
kind: Workflow
id: limited
steps:
- {id: a, activity: noop, foreach: "${[1, 2, 3]}", guard: few, with: {n: 1}}
)";

constexpr auto broken = R"(apiVersion: troupe/v1
kind: Workflow
id: broken
steps:
- {id: a, activity: command, guard: fragile, with: {argv: ["false"]}}
)";

/// A server with guards, which can be started anew.
struct guarded_server : refusing_program {
  std::string store = (folder() / "runs.db").string();
  std::string guard_file = folder().write("guards.yaml", guards).string();
  std::string limited_file = folder().write("limited.yaml", limited).string();
  std::string broken_file = folder().write("broken.yaml", broken).string();
  std::optional<program> server;

  guarded_server() {
    start();
  }

  void start() {
    std::filesystem::remove(store + ".sock");
    server.emplace(std::vector<std::string>{"server", "--store", store,
                                            "--listen", "none", "--guards",
                                            guard_file},
                   folder() / "server.txt");
    for (auto i = 0; i < 2'000 && !std::filesystem::exists(store + ".sock");
         ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }

  void kill() {
    server->send(SIGKILL);
    server->wait();
  }

  [[nodiscard]] program_result
  troupe(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--store", store});
    return run_program(run(std::move(arguments)));
  }

  [[nodiscard]] json read(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--output", "json"});
    const auto result = troupe(std::move(arguments));
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return json::parse(result.out);
  }

  /// The guard, once it is like that.
  [[nodiscard]] json
  guard(const std::string& name,
        const std::function<bool(const json&)>& is_so) const {
    auto found = read({"guard", "show", name});
    for (auto i = 0; i < 500 && !is_so(found); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      found = read({"guard", "show", name});
    }
    INFO(found.dump());
    REQUIRE(is_so(found));
    return found;
  }
};

bool is_waited_for(const json& guard) {
  return guard["waiting"] == 1;
}

} // namespace

TEST_CASE_METHOD(guarded_server,
                 "a quota holds up a run, also over a restart") {
  const auto id
    = read({"run", "start", limited_file})["run_id"].get<std::string>();
  const auto seen = guard("few", is_waited_for);
  CHECK(seen["quota"] == json{{"used", 2}, {"limit", 2}});
  CHECK(seen["closed"]["waiting_on"] == "quota");
  CHECK(seen["closed"].contains("next_check"));
  kill();
  start();
  CHECK(guard("few", is_waited_for)["quota"]["used"] == 2);
  const auto why = read({"run", "why", id});
  REQUIRE(why.size() == 2);
  for (const auto& link : why) {
    CHECK(link["waiting_on"] == "quota");
    CHECK(link["detail"]
          == "step a is ready, guard few: its quota of 2 is used up");
    CHECK(link["next_check"] == seen["closed"]["next_check"]);
  }
  const auto listed = read({"guard", "list"});
  REQUIRE(listed.size() == 2);
  CHECK(listed[0]["name"] == "few");
  CHECK(listed[1]["name"] == "fragile");
  kill();
  // Nobody is there to say more.
  CHECK(read({"run", "why", id})[0]["detail"]
        == "step a is ready, behind guard few");
  CHECK(troupe({"guard", "list"}).exit_code == 6);
}

TEST_CASE_METHOD(guarded_server,
                 "an open circuit holds up runs until its reset") {
  static_cast<void>(read({"run", "start", broken_file}));
  static_cast<void>(guard("fragile", [](const json& each) {
    return each["breaker"] == "open";
  }));
  const auto id
    = read({"run", "start", broken_file})["run_id"].get<std::string>();
  const auto seen = guard("fragile", is_waited_for);
  CHECK(seen["closed"]["waiting_on"] == "timer");
  CHECK(read({"run", "why", id})[1]["detail"]
        == "step a is ready, guard fragile: its circuit is open");
  CHECK(read({"guard", "reset", "fragile"})["name"] == "fragile");
  CHECK(troupe({"run", "watch", id, "--for", "10s"}).exit_code == 1);
  CHECK(troupe({"guard", "reset", "fragil"}).exit_code == 3);
  CHECK(troupe({"guard", "show", "fragil"}).exit_code == 3);
}

TEST_CASE_METHOD(guarded_server, "a guard that nobody knows is refused") {
  const auto file
    = folder()
        .write("wrong.yaml", "apiVersion: troupe/v1\n"
                             "kind: Workflow\n"
                             "id: wrong\n"
                             "steps:\n"
                             "- {id: a, activity: noop, guard: fw}\n")
        .string();
  const auto started = troupe({"run", "start", file});
  CHECK(started.exit_code == 2);
  CHECK(started.err.find("wrong.yaml:5:") != std::string::npos);
  CHECK(started.err.find("unknown guard \"fw\"") != std::string::npos);
  kill();
  const auto here = troupe({"run", "execute", file, "--guards", guard_file});
  CHECK(here.exit_code == 2);
  CHECK(here.err.find("wrong.yaml:5:") != std::string::npos);
  CHECK(here.err.find("few") != std::string::npos);
  const auto without = troupe({"run", "execute", file});
  CHECK(without.exit_code == 2);
  CHECK(without.err.find("--guards FILE") != std::string::npos);
  CHECK(troupe({"run", "execute", file, "--guards", "none.yaml"}).exit_code
        == 3);
}
