#include "tests/tools/served_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

/// Each step leaves a line; b fails until its file is there.
constexpr auto picky = R"(apiVersion: troupe/v1
kind: Workflow
id: picky
on_failure: keep
inputs: {dir: {type: string, required: true}}
steps:
- {id: a, activity: command, with: {argv: [sh, -c, "echo x >> $0/a; echo '{\"n\": 7}'", "${inputs.dir}"]}}
- {id: b, needs: [a], activity: command, with: {argv: [sh, -c, "test -e $0/wanted && echo x >> $0/b", "${inputs.dir}"]}}
- {id: c, needs: [b], activity: command, with: {argv: [sh, -c, "echo x >> $0/c", "${inputs.dir}"]}}
)";

constexpr auto waiting = R"(apiVersion: troupe/v1
kind: Workflow
id: waiting
inputs: {dir: {type: string, required: true}}
steps:
- {id: a, activity: command, with: {argv: [sh, -c, "echo x >> $0/a", "${inputs.dir}"]}, compensate: {activity: command, with: {argv: [sh, -c, "echo x >> $0/undone", "${inputs.dir}"]}}}
- {id: go, needs: [a], activity: signal, with: {name: go}}
)";

constexpr auto handler = R"(apiVersion: troupe/v1
kind: Workflow
id: clean-up
inputs:
  run: {type: string, required: true}
  failed_steps: {type: array}
steps:
- {id: tell, activity: noop, with: {of: "${inputs.run}"}}
)";

constexpr auto doomed = R"(apiVersion: troupe/v1
kind: Workflow
id: doomed
on_failure: {workflow: clean-up}
steps:
- {id: a, activity: command, with: {argv: ["false"]}}
)";

struct derived : served_store {
  std::string picky_file = folder().write("picky.yaml", picky).string();
  std::string waiting_file = folder().write("waiting.yaml", waiting).string();

  [[nodiscard]] std::string start(const std::string& file) const {
    return read({"run", "start", file, "--input",
                 "dir=" + folder().path().string()})["run_id"];
  }

  [[nodiscard]] std::string derive(const texts& arguments) const {
    return read(arguments)["run_id"];
  }

  /// How often a step was done.
  [[nodiscard]] long count(const std::string& name) const {
    auto file = std::ifstream{folder() / name};
    return std::count(std::istreambuf_iterator<char>{file}, {}, '\n');
  }

  void allow() const {
    std::ofstream{folder() / "wanted"} << "here";
  }

  /// The number of the last event of that kind.
  [[nodiscard]] std::string last_event(const std::string& run,
                                       const std::string& kind) const {
    auto last = std::string{};
    for (const auto& event : read({"run", "history", run}))
      if (event["event"] == kind)
        last = std::to_string(event["sequence"].get<int>());
    REQUIRE_FALSE(last.empty());
    return last;
  }
};

} // namespace

TEST_CASE_METHOD(derived, "a rerun does a step and what follows once more") {
  const auto first = start(picky_file);
  CHECK(read({"run", "watch", first}, 1)["status"] == "failed");
  const auto history = read({"run", "history", first});
  allow();
  const auto again = derive({"run", "rerun", first, "--from", "b"});
  CHECK(read({"run", "watch", again})["status"] == "completed");
  CHECK(count("a") == 1);
  CHECK(count("b") == 1);
  CHECK(count("c") == 1);
  const auto shown = read({"run", "show", again});
  CHECK(shown["goes_on_from"]["run_id"] == first);
  CHECK(shown["goes_on_from"]["step"] == "b");
  CHECK(shown["steps"]["a"]["taken_over"] == true);
  CHECK(shown["steps"]["a"]["output"]
        == read({"run", "show", first})["steps"]["a"]["output"]);
  // The other run is as it was.
  CHECK(read({"run", "history", first}) == history);
  CHECK(troupe({"run", "show", again}).out.find("goes on from run " + first)
        != std::string::npos);
  // Of what is completed, any number.
  for (auto i = 2; i < 4; ++i) {
    const auto more = derive({"run", "rerun", again, "--from", "c"});
    CHECK(read({"run", "watch", more})["status"] == "completed");
    CHECK(count("b") == 1);
    CHECK(count("c") == i);
  }
  CHECK(troupe({"doctor"}).exit_code == 0);
}

TEST_CASE_METHOD(derived, "a rerun that cannot be says why") {
  const auto id = start(waiting_file);
  const auto refused = troupe({"run", "rerun", id, "--from", "go"});
  CHECK(refused.exit_code == 4);
  CHECK(refused.err.find("--cancel") != std::string::npos);
  CHECK(troupe({"run", "rerun", id, "--from", "nothing"}).exit_code == 3);
  CHECK(troupe({"run", "rerun", id}).exit_code == 2);
  CHECK(troupe({"run", "reset", id, "--to", "0"}).exit_code == 2);
  const auto beyond = troupe({"run", "reset", id, "--to", "9999"});
  CHECK(beyond.exit_code == 2);
  CHECK(beyond.err.find("troupe run history") != std::string::npos);
  CHECK(troupe({"run", "rerun", "ffffffff-0", "--from", "a"}).exit_code == 3);
}

TEST_CASE_METHOD(derived,
                 "a reset goes on from an event, and undoes what it took over "
                 "if it fails") {
  const auto first = start(waiting_file);
  while (read({"run", "show", first})["status"] != "waiting")
    ;
  const auto event = last_event(first, "succeeded");
  const auto next = derive(
    {"run", "reset", first, "--to", event, "--cancel", "--key", "once"});
  CHECK(
    derive({"run", "reset", first, "--to", event, "--cancel", "--key", "once"})
    == next);
  const auto ended = read({"run", "show", first});
  CHECK(ended["status"] == "cancelled");
  CHECK(ended["answered_for_by"] == next);
  CHECK(count("a") == 1);
  CHECK(count("undone") == 0);
  // Nobody else may rely on it now.
  CHECK(troupe({"run", "rerun", first, "--from", "go"}).exit_code == 4);
  CHECK(troupe({"run", "cancel", next}).exit_code == 0);
  CHECK(read({"run", "watch", next}, 1)["status"] == "compensated");
  CHECK(count("undone") == 1);
  const auto undone = troupe({"run", "rerun", next, "--from", "go"});
  CHECK(undone.exit_code == 4);
  CHECK(undone.err.find("undone") != std::string::npos);
  // From the beginning it may always go.
  const auto anew = derive({"run", "reset", next, "--to", "1"});
  CHECK(troupe({"run", "signal", anew, "go"}).exit_code == 0);
  CHECK(read({"run", "watch", anew})["status"] == "completed");
  CHECK(count("a") == 2);
  CHECK(troupe({"doctor"}).exit_code == 0);
}

TEST_CASE_METHOD(derived, "all that has failed is tried again without a name") {
  const auto id = start(picky_file);
  CHECK(read({"run", "watch", id}, 1)["status"] == "failed");
  allow();
  CHECK(read({"run", "retry", id})["status"] == "running");
  CHECK(read({"run", "watch", id})["status"] == "completed");
  CHECK(troupe({"run", "retry", id}).exit_code == 4);
  CHECK(count("a") == 1);
}

TEST_CASE_METHOD(derived, "a run that fails starts the workflow for that") {
  const auto file = folder().write("doomed.yaml", doomed).string();
  const auto unknown = troupe({"workflow", "apply", file});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.err.find("no workflow clean-up") != std::string::npos);
  const auto clean = folder().write("clean-up.yaml", handler).string();
  CHECK(troupe({"workflow", "apply", clean}).exit_code == 0);
  CHECK(troupe({"workflow", "apply", file}).exit_code == 0);
  const auto id = read({"run", "start", "--workflow", "doomed"})["run_id"]
                    .get<std::string>();
  CHECK(read({"run", "watch", id}, 1)["status"] == "failed");
  const auto started = read({"run", "show", id})["on_failure"];
  CHECK(started["workflow"] == "clean-up");
  const auto run = started["run_id"].get<std::string>();
  CHECK(read({"run", "watch", run})["status"] == "completed");
  const auto shown = read({"run", "show", run});
  CHECK(shown["failure_of"] == id);
  CHECK(shown["inputs"] == json{{"run", id}, {"failed_steps", {"a"}}});
  // It is what a workflow cannot do to itself.
  auto text = std::string{doomed};
  text.replace(text.find("clean-up"), 8, "doomed");
  const auto circle
    = troupe({"workflow", "validate", folder().write("c.yaml", text).string()});
  CHECK(circle.exit_code == 2);
  CHECK(circle.err.find("on_failure.workflow") != std::string::npos);
}

TEST_CASE_METHOD(derived, "runs are listed by when they came, in pages") {
  allow();
  auto ids = texts{};
  for (auto i = 0; i < 3; ++i)
    ids.push_back(start(picky_file));
  const auto newest = read({"run", "list", "--limit", "2", "--since", "1h"});
  REQUIRE(newest.size() == 2);
  CHECK(newest[0]["run_id"] == ids[2]);
  const auto rest = read({"run", "list", "--before",
                          std::to_string(newest[1]["number"].get<int>())});
  REQUIRE(rest.size() == 1);
  CHECK(rest[0]["run_id"] == ids[0]);
  CHECK(read({"run", "list", "--since", "0s"}).empty());
  CHECK(troupe({"run", "list", "--since", "soon"}).exit_code == 2);
}
