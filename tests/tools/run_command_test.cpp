#include "tests/support/places.hpp"
#include "tests/support/program.hpp"
#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

constexpr auto header = "apiVersion: troupe/v1\nkind: Workflow\nid: small\n";

/// Commands of a store in a folder of their own.
struct runs : refusing_program {
  std::string store = (folder() / "runs.db").string();

  [[nodiscard]] program_result troupe(texts arguments) const {
    arguments.insert(arguments.end(), {"--store", store});
    return run_program(run(std::move(arguments)));
  }

  [[nodiscard]] json read(texts arguments, int exit_code = 0) const {
    arguments.insert(arguments.end(), {"--output", "json"});
    const auto result = troupe(std::move(arguments));
    INFO(result.err);
    REQUIRE(result.exit_code == exit_code);
    return json::parse(result.out);
  }

  [[nodiscard]] std::string write(const std::string& steps) const {
    return folder().write("small.yaml", header + steps).string();
  }
};

constexpr auto greeting = R"(inputs: {who: {type: string, required: true}}
steps:
- {id: say, activity: command, with: {argv: ["sh", "-c", "cat"], stdin: {text: "hello ${inputs.who}"}}}
- {id: ok, needs: [say], activity: approval, with: {roles: [operator]}}
)";

} // namespace

TEST_CASE_METHOD(runs, "a workflow is executed, listed, shown and explained") {
  const auto file = write(R"(inputs: {who: {type: string, required: true}}
steps:
- {id: say, activity: command, with: {argv: ["sh", "-c", "echo '\"done\"'"]}}
- {id: each, needs: [say], activity: noop, foreach: [1, 2], with: {n: "${item}"}}
- {id: ok, needs: [each], activity: approval, with: {roles: [operator]}}
)");
  const auto done = read({"run", "execute", file, "--input", "who=you",
                          "--approve", "ok", "--by", "me"});
  CHECK(done["status"] == "completed");
  CHECK(done["workflow"] == "small");
  CHECK(done["submitted_by"] == "me");
  CHECK(done["inputs"]["who"] == "you");
  CHECK(done["steps"]["say"]["output"] == "done");
  CHECK(done["steps"]["each"]["tasks"] == 2);
  CHECK(done["steps"]["each"]["output"][1]["n"] == 2);
  CHECK(done["steps"]["ok"]["output"]["by"] == "me");
  const auto id = done["run_id"].get<std::string>();
  const auto listed = read({"run", "list"});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["run_id"] == id);
  CHECK(read({"run", "show", "1"})["steps"] == done["steps"]);
  CHECK(read({"run", "why", id}).empty());
  const auto history = read({"run", "history", "latest"});
  CHECK(history.front()["event"] == "submitted");
  CHECK(history.back()["event"] == "ended");
  for (std::size_t i = 0; i < history.size(); ++i)
    CHECK(history[i]["sequence"] == i + 1);
  for (const auto* what : {"list", "show", "why", "history"}) {
    const auto text = troupe({"run", what});
    CHECK(text.exit_code == 0);
    CHECK(text.out.find(std::string{what} == "history" ? "submitted" : id)
          != std::string::npos);
  }
}

TEST_CASE_METHOD(runs, "a key is good for one run, however it is asked for") {
  const auto file
    = write("steps:\n- {id: ok, activity: approval, with: {roles: "
            "[manager]}}\n");
  const auto arguments = texts{"run",       "execute", file,     "--key",  "k",
                               "--approve", "ok",      "--role", "manager"};
  const auto first = read(arguments);
  CHECK(first["status"] == "completed");
  const auto again = read(arguments);
  CHECK(again["run_id"] == first["run_id"]);
  CHECK(read({"run", "list"}).size() == 1);
}

TEST_CASE_METHOD(runs, "a run that fails says so, and undoes what it did") {
  const auto undone = (folder() / "undone").string();
  const auto file = write(
    "steps:\n- {id: a, activity: noop, compensate: {activity: command, with: "
    "{argv: [touch, \""
    + undone + "\"]}}}\n"
    + "- {id: b, needs: [a], activity: command, with: {argv: [sh, -c, \"exit "
      "3\"]}}\n");
  const auto done = read({"run", "execute", file}, 1);
  CHECK(done["status"] == "compensated");
  CHECK(done["reason"] == "step b failed: exit_nonzero: exit code 3");
  CHECK(done["steps"]["a"]["state"] == "compensated");
  CHECK(std::filesystem::exists(undone));
}

TEST_CASE_METHOD(runs,
                 "what cannot be executed is refused and leaves nothing") {
  const auto refused = [&](const texts& arguments, const refusal& expected) {
    auto all = arguments;
    all.insert(all.end(), {"--store", store});
    refuses(run(all), expected);
  };
  const auto file = write(greeting);
  auto expected = refusal{};
  expected.message = "the input is missing";
  expected.key = "inputs.who";
  refused({"run", "execute", file}, expected);
  expected.key.clear();
  expected.message = "name a workflow";
  refused({"run", "execute"}, expected);
  expected.exit_code = 3;
  expected.file = store;
  expected.message = "no such store";
  refused({"run", "list"}, expected);
  refused({"run", "show", "1"}, expected);
}

TEST_CASE_METHOD(runs, "a label that nobody here has is refused at once") {
  const auto file = write(
    "steps:\n- {id: a, activity: noop, placement: {require: {disk: ssd}}}\n");
  const auto refused = troupe({"run", "execute", file});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("no worker has the label disk=ssd")
        != std::string::npos);
  const auto done = read({"run", "execute", file, "--label", "disk=ssd"});
  CHECK(done["status"] == "completed");
  const auto wrong = troupe({"run", "execute", file, "--label", "disk"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err.find("--label") != std::string::npos);
}
