#include "tests/support/places.hpp"
#include "tests/support/program.hpp"
#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troupe::tests;

namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

constexpr auto small = R"(apiVersion: troupe/v1
kind: Workflow
id: small
inputs: {dry: {type: boolean, default: false}}
steps:
- {id: fetch, activity: noop}
- {id: send, needs: [fetch], when: "${!inputs.dry}", activity: noop,
   timeout: {start_to_close: 1m}, resources: {cpu: 0.5}}
)";

std::string example(const std::string& name) {
  return (source_dir() / "tools/examples" / name).string();
}

} // namespace

TEST_CASE_METHOD(refusing_program, "the example workflows are accepted") {
  for (const auto* name : {"nightly-scoring.yaml", "fan-out.yaml"}) {
    const auto text = run_program(run({"workflow", "validate", example(name)}));
    INFO(text.err);
    CHECK(text.exit_code == 0);
    CHECK(text.out.find(": valid, ") != std::string::npos);
    const auto read
      = json::parse(run_program(run({"workflow", "validate", example(name),
                                     "--output", "json"}))
                      .out);
    CHECK(read["valid"] == true);
    CHECK(read["digest"].get<std::string>().size() == 16);
  }
}

TEST_CASE_METHOD(refusing_program, "a plan decides by the inputs") {
  const auto file = folder().write("small.yaml", small).string();
  const auto plan = [&](const texts& more) {
    auto arguments = texts{"workflow", "plan", file, "--output", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = run_program(run(arguments));
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return json::parse(result.out);
  };
  CHECK(plan({})["steps"][1]["decision"] == "run");
  CHECK(plan({"--input", "dry=true"})["steps"][1]["decision"] == "skip");
  const auto text
    = run_program(run({"workflow", "plan", "--input", "dry=true", file}));
  CHECK(text.exit_code == 0);
  CHECK(text.err.empty());
  CHECK(text.out.find("small: 2 steps in 2 layers, digest ") == 0);
  for (const auto* part :
       {"input        dry = true\n", "fetch  noop      run       1",
        "send   noop      skip      0       does not hold: ${!inputs.dry}\n",
        "       cpu 0.5; start to close 1m\n", "Nothing was started"})
    CHECK(text.out.find(part) != std::string::npos);
}

TEST_CASE_METHOD(refusing_program, "a wrong workflow is refused by its line") {
  auto text = std::string{small};
  text.replace(text.find("activity: noop"), 14, "activity: nop ");
  const auto file = folder().write("wrong.yaml", text).string();
  for (const auto* command : {"validate", "plan"})
    refuses(run({"workflow", command, file}),
            {2, file, 6, "steps[0].activity", "unknown activity \"nop\""});
  refuses(run({"workflow", "validate", "none.yaml"}),
          {3, "none.yaml", 0, "", "no such file"});
}

TEST_CASE_METHOD(refusing_program, "wrong inputs are refused by their name") {
  const auto file = folder().write("small.yaml", small).string();
  const auto plan = [&](const std::string& input) {
    return run({"workflow", "plan", file, "--input", input});
  };
  refuses(plan("dry"), {2, "", 0, "", "not an input"});
  refuses(plan("dy=true"), {2, "", 0, "inputs.dy", "no input \"dy\""});
  refuses(plan("dry=1"), {2, "", 0, "inputs.dry", "must be of type boolean"});
  auto twice = plan("dry=true");
  twice.arguments.insert(twice.arguments.end(), {"--input", "dry=false"});
  refuses(twice, {2, "", 0, "", "given twice"});
}

TEST_CASE_METHOD(refusing_program, "schemas are printed as they are kept") {
  for (const auto& [kind, file] :
       std::vector<std::pair<std::string, std::string>>{
         {"workflow", "workflow"},
         {"scoring", "scoring-config"},
         {"simulation-scenario", "simulation-scenario"}}) {
    const auto result = run_program(run({"schema", kind}));
    CHECK(result.exit_code == 0);
    CHECK(
      result.out
      == read_file(source_dir() / "tools/schema" / (file + ".schema.json")));
  }
}
