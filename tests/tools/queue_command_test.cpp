#include "tests/tools/served_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

constexpr auto quick = R"(apiVersion: troupe/v1
kind: Workflow
id: quick
priority: high
steps:
- {id: a, activity: noop}
)";

constexpr auto asked = R"(apiVersion: troupe/v1
kind: Workflow
id: asked
steps:
- {id: a, activity: signal, with: {name: go}}
)";

/// A server with limits.
template <int Case>
struct limited : served_store {
  static std::vector<std::string> limits() {
    constexpr const char* options[]
      = {"--runs-max", "--submissions-per-minute", "--memory-max"};
    return {options[Case], "1"};
  }

  limited() : served_store{limits()} {}

  std::string quick_file = folder().write("quick.yaml", quick).string();
  std::string asked_file = folder().write("asked.yaml", asked).string();

  [[nodiscard]] std::string start(const std::string& file) const {
    const nlohmann::json started = read({"run", "start", file});
    return started["run_id"].get<std::string>();
  }
};

bool contains(const nlohmann::json& text, const std::string& part) {
  return text.get<std::string>().find(part) != std::string::npos;
}

} // namespace

TEST_CASE_METHOD(served_store,
                 "a paused queue begins nothing, also after a restart") {
  const auto file = folder().write("quick.yaml", quick).string();
  const auto pause = std::vector<std::string>{
    "queue", "pause", "--reason", "the database moves", "--by", "alice"};
  CHECK(read(pause)["is_paused"] == true);
  CHECK(troupe(pause).exit_code == 4);
  const auto id = read({"run", "start", file})["run_id"].get<std::string>();
  const auto check_paused = [&] {
    const auto shown = read({"queue", "show"});
    CHECK(shown["is_paused"] == true);
    CHECK(shown["paused"]["by"] == "alice");
    CHECK(shown["paused"]["reason"] == "the database moves");
    CHECK(shown["pending"] == 1);
    CHECK(shown["classes"][1]["class"] == "high");
    CHECK(shown["classes"][1]["ready"] == 1);
    CHECK(shown["classes"][1]["runs"]["running"] == 1);
    const auto why = read({"run", "why", id});
    CHECK(why[0]["waiting_on"] == "paused");
    CHECK(contains(why[0]["detail"], "paused by alice: the database moves"));
  };
  check_paused();
  CHECK(troupe({"queue", "show"}).out.find("paused by alice")
        != std::string::npos);
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
  // Looking at a run needs no server; the queue is the server's.
  CHECK(read({"run", "why", id})[0]["waiting_on"] == "paused");
  CHECK(troupe({"queue", "show"}).exit_code == 6);
  std::filesystem::remove(store + ".sock");
  const auto again = program{{"server", "--store", store, "--listen", "none"},
                             folder() / "again.txt"};
  await_socket();
  check_paused();
  CHECK(read({"queue", "resume"})["is_paused"] == false);
  CHECK(troupe({"queue", "resume"}).exit_code == 4);
  CHECK(read({"run", "watch", id})["status"] == "completed");
  CHECK_FALSE(read({"queue", "show"}).contains("paused"));
}

using one_run = limited<0>;

TEST_CASE_METHOD(one_run, "a run beyond --runs-max waits for its turn") {
  const auto first = start(asked_file);
  const auto second = start(quick_file);
  const auto why = read({"run", "why", second});
  CHECK(why[0]["waiting_on"] == "slot");
  CHECK(contains(why[0]["detail"], "the limit of 1 runs at a time"));
  const auto shown = read({"queue", "show"});
  CHECK(shown["limits"]["runs"]
        == nlohmann::json{{"max", 1}, {"running", 1}, {"waiting", 1}});
  CHECK(read({"run", "show", second})["status"] == "queued");
  CHECK(troupe({"run", "terminate", first}).exit_code == 0);
  CHECK(read({"run", "watch", second})["status"] == "completed");
}

using one_a_minute = limited<1>;

TEST_CASE_METHOD(one_a_minute,
                 "more submissions per minute are told when to try again") {
  static_cast<void>(start(quick_file));
  const auto refused = troupe({"run", "start", quick_file});
  CHECK(refused.exit_code == 6);
  CHECK(refused.err.find("try again in") != std::string::npos);
  const auto shown = read({"queue", "show"});
  CHECK(shown["limits"]["submissions_per_minute"] == 1);
  CHECK(shown["refused"]["rate"] == 1);
  CHECK(contains(shown["refused"]["last"]["reason"], "in a minute"));
}

using full_machine = limited<2>;

TEST_CASE_METHOD(full_machine, "a machine without room begins nothing new") {
  const auto id = start(quick_file);
  const auto why = read({"run", "why", id});
  CHECK(why[0]["waiting_on"] == "quota");
  CHECK(contains(why[0]["detail"], "the limit is 1 % (--memory-max)"));
  CHECK(contains(read({"queue", "show"})["held"]["reason"], "memory is at"));
}

struct labelled : served_store {
  labelled() : served_store{{"--label", "zone=eu", "--label", "gpu=true"}} {}

  [[nodiscard]] std::string step_with(const std::string& placement) const {
    return folder()
      .write("placed.yaml",
             "apiVersion: troupe/v1\nkind: Workflow\nid: placed\nsteps:\n"
             "- {id: a, activity: noop, placement: "
               + placement + "}\n")
      .string();
  }
};

TEST_CASE_METHOD(labelled, "a server has the labels that it is given") {
  const auto file = step_with("{require: {gpu: true}, exclude: {zone: us}}");
  const auto id = read({"run", "start", file})["run_id"].get<std::string>();
  CHECK(read({"run", "watch", id})["status"] == "completed");
  const auto shown = read({"queue", "show"});
  CHECK(shown["workers"][0]["labels"]
        == nlohmann::json{{"gpu", "true"}, {"zone", "eu"}});
  CHECK(shown["placed"].empty());
  CHECK(troupe({"queue", "show"}).out.find("gpu=true, zone=eu")
        != std::string::npos);
  const auto refused
    = troupe({"run", "start", step_with("{require: {gpu: true, disk: ssd}}")});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("steps.a.placement.require.disk")
        != std::string::npos);
  CHECK(refused.err.find("no worker has the label disk=ssd")
        != std::string::npos);
  CHECK(refused.err.find("--label") != std::string::npos);
}

TEST_CASE_METHOD(labelled, "a group that is full waits, and says so") {
  const auto file = step_with("{spread: g, per_node: 1}, foreach: [1, 2, 3]");
  CHECK(read({"queue", "pause"})["is_paused"] == true);
  const auto id = read({"run", "start", file})["run_id"].get<std::string>();
  const auto placed = read({"queue", "show"})["placed"];
  REQUIRE(placed.size() == 1);
  CHECK(placed[0]["rules"] == "group g, at most 1 per node");
  CHECK(placed[0]["ready"] == 3);
  CHECK(placed[0]["reason"] == "");
  CHECK(placed[0]["steps"]
        == nlohmann::json::array({{{"run", id}, {"step", "a"}}}));
  CHECK(troupe({"queue", "show"})
          .out.find("3 tasks for workers with group g, at most 1 per node")
        != std::string::npos);
  CHECK(read({"queue", "resume"})["is_paused"] == false);
  CHECK(read({"run", "watch", id})["status"] == "completed");
}
