#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"
#include "tests/support/program.hpp"
#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace troupe::tests;

// Scoring as a run of the engine: with `troupe score`, and as a step.

namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

struct scored_runs : refusing_program {
  std::string store = (folder() / "runs.db").string();
  std::string items = example("portfolio-1000.jsonl").string();

  static std::filesystem::path example(const std::string& name) {
    return source_dir() / "tools/examples" / name;
  }

  [[nodiscard]] json read(texts arguments, int exit_code = 0) const {
    arguments.insert(arguments.end(), {"--output", "json", "--store", store});
    const auto result = run_program(run(std::move(arguments)));
    INFO(result.err);
    REQUIRE(result.exit_code == exit_code);
    return json::parse(result.out);
  }
};

} // namespace

TEST_CASE_METHOD(scored_runs, "a scoring is a run like any other") {
  const auto scored = read(
    {"score", "--items", items, "--preset", "agile", "--as-of", "2026-01-31"});
  const auto listed = read({"run", "list"});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["workflow"] == "score");
  CHECK(listed[0]["status"] == "completed");
  const auto shown = read({"run", "show", "latest"});
  CHECK(shown["inputs"]["items"] == items);
  CHECK(shown["inputs"]["as_of"] == "2026-01-31T00:00:00Z");
  const auto& output = shown["steps"]["score"]["output"];
  CHECK(output["items"] == 1'000);
  CHECK(output["run"] == scored["run"]);
  CHECK(output["top"] == scored["top"]);
  CHECK(read({"score", "runs"})["runs"].size() == 1);
  // The same arguments are the same version of the workflow.
  CHECK(read({"score", "--items", items, "--preset", "startup"})["items"]
        == 1'000);
  CHECK(read({"run", "list"}).size() == 2);
}

TEST_CASE_METHOD(scored_runs, "a scoring that fails is a run that failed") {
  const auto refused
    = run_program(run({"score", "--items", "missing.jsonl", "--store", store}));
  CHECK(refused.exit_code == 3);
  CHECK(refused.err.find("missing.jsonl: No such file") != std::string::npos);
  const auto shown = read({"run", "show", "latest"});
  CHECK(shown["status"] == "failed");
  CHECK(shown["reason"].get<std::string>().find("missing.jsonl")
        != std::string::npos);
  CHECK(read({"score", "runs"})["runs"].empty());
}

TEST_CASE_METHOD(scored_runs, "a workflow scores, and goes on with the best") {
  const auto file = folder().write("flow.yaml", R"(apiVersion: troupe/v1
kind: Workflow
id: ranking
inputs: {items: {type: string, required: true}}
steps:
- {id: score, activity: score, with: {items: "${inputs.items}", preset: agile, out: ranks, top: 3}}
- {id: best, needs: [score], activity: noop, foreach: "${steps.score.output.top}", with: {id: "${item.work_item_id}"}}
)");
  const auto done
    = read({"run", "execute", file.string(), "--input", "items=" + items});
  CHECK(done["status"] == "completed");
  CHECK(done["steps"]["best"]["tasks"] == 3);
  CHECK(done["steps"]["best"]["output"][0]["id"]
        == done["steps"]["score"]["output"]["top"][0]["work_item_id"]);
  CHECK(std::filesystem::exists(folder() / "ranks/totals.csv"));
}

TEST_CASE_METHOD(scored_runs, "a scoring step is told what is wrong with it") {
  const auto file = folder().write("flow.yaml", R"(apiVersion: troupe/v1
kind: Workflow
id: ranking
steps:
- {id: score, activity: score, with: {items: missing.jsonl, mode: "${'fast'}"}}
)");
  const auto done = read({"run", "execute", file.string()}, 1);
  CHECK(done["reason"].get<std::string>().find("steps[0].with.mode")
        == std::string::npos);
  CHECK(done["reason"].get<std::string>().find("mode") != std::string::npos);
}

TEST_CASE_METHOD(scored_runs, "a scoring that was killed is done anew") {
  const auto pipe = (folder() / "items.jsonl").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  {
    auto killed
      = program{{"score", "--items", pipe, "--store", store, "--as-of",
                 "2026-01-31", "--scores", (folder() / "s.csv").string()},
                folder() / "printed"};
    // Opens when the activity reads: the run is under way.
    const auto to = open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(to >= 0);
    killed.send(SIGKILL);
    CHECK(killed.wait() == 128 + SIGKILL);
    close(to);
  }
  std::filesystem::remove(pipe);
  std::filesystem::copy_file(items, pipe);
  CHECK(read({"run", "list"})[0]["status"] == "running");
  const auto done = read({"run", "execute", "--continue", "latest"});
  CHECK(done["status"] == "completed");
  CHECK(done["steps"]["score"]["output"]["items"] == 1'000);
  CHECK(std::filesystem::exists(folder() / "s.csv"));
  CHECK(read({"score", "runs"})["runs"].size() == 1);
}

TEST_CASE_METHOD(scored_runs, "standard input is read by its own command") {
  const auto file = folder().write("flow.yaml", R"(apiVersion: troupe/v1
kind: Workflow
id: ranking
steps: [{id: score, activity: score, with: {items: "-", format: jsonl}}]
)");
  const auto done = read({"run", "execute", file.string()}, 1);
  CHECK(done["reason"].get<std::string>().find("no standard input")
        != std::string::npos);
}
