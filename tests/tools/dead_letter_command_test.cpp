#include "tests/tools/served_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

/// Fails until the file of its input is there.
constexpr auto picky = R"(apiVersion: troupe/v1
kind: Workflow
id: picky
inputs: {file: {type: string, required: true}}
steps:
- id: look
  activity: command
  with: {argv: ["test", "-e", "${inputs.file}"]}
  retry: {attempts: 2, initial: 1ms, cap: 1ms}
)";

constexpr auto slow = R"(apiVersion: troupe/v1
kind: Workflow
id: slow
timeout: 20ms
steps:
- {id: wait, activity: signal, with: {name: go}}
)";

struct letters : served_store {
  std::string wanted = (folder() / "wanted").string();
  std::string picky_file = folder().write("picky.yaml", picky).string();
  std::string slow_file = folder().write("slow.yaml", slow).string();

  /// Starts a run that fails, and waits for that.
  [[nodiscard]] std::string start(const std::string& file,
                                  const texts& more = {}) const {
    auto arguments = texts{"run", "start", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto id = read(arguments)["run_id"].get<std::string>();
    CHECK(read({"run", "watch", id}, 1)["status"] == "failed");
    return id;
  }
};

} // namespace

TEST_CASE_METHOD(letters, "a task out of attempts is a dead letter, and is "
                          "replayed") {
  CHECK(read({"dead-letter", "list"}).empty());
  const auto run = start(picky_file, {"--input", "file=" + wanted});
  const auto listed = read({"dead-letter", "list", "--workflow", "picky"});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["run_id"] == run);
  CHECK(listed[0]["step"] == "look");
  CHECK(listed[0]["attempts"] == 2);
  CHECK(listed[0]["state"] == "open");
  CHECK(read({"dead-letter", "list", "--kind", "timeout"}).empty());
  const auto id = listed[0]["id"].get<std::string>();
  const auto shown = read({"dead-letter", "show", id});
  CHECK(shown["input"]["argv"][2] == wanted);
  std::ofstream{wanted} << "here";
  CHECK(troupe({"dead-letter", "replay"}).exit_code == 2);
  const auto replayed
    = read({"dead-letter", "replay", "--workflow", "picky", "--by", "me"});
  REQUIRE(replayed.size() == 1);
  CHECK(replayed[0]["id"] == id);
  CHECK(read({"run", "watch", run})["status"] == "completed");
  CHECK(read({"dead-letter", "show", id})["state"] == "replayed");
  CHECK(read({"dead-letter", "show", id})["changed_by"] == "me");
  CHECK(troupe({"dead-letter", "replay", id}).exit_code == 4);
  CHECK(troupe({"dead-letter", "show", "77-1"}).exit_code == 3);
  CHECK(troupe({"dead-letter", "show", "x"}).exit_code == 2);
}

TEST_CASE_METHOD(letters, "a run out of time cannot be replayed, but dropped") {
  static_cast<void>(start(slow_file));
  const auto listed = read({"dead-letter", "list"});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["kind"] == "run_timeout");
  CHECK(listed[0]["step"] == "");
  const auto id = listed[0]["id"].get<std::string>();
  const auto refused = troupe({"dead-letter", "replay", id});
  CHECK(refused.exit_code == 4);
  CHECK(refused.err.find("start it anew") != std::string::npos);
  CHECK(read({"dead-letter", "drop", "--all"})["dropped"] == 1);
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
  // Looking needs no server.
  CHECK(read({"dead-letter", "show", id})["state"] == "dropped");
  CHECK(troupe({"dead-letter", "drop", id}).exit_code == 4);
}
