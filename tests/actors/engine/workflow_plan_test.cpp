#include "actors/engine/workflow_file.hpp"
#include "actors/engine/workflow_inputs.hpp"
#include "actors/engine/workflow_plan.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;

workflow example() {
  return parse_workflow(R"(apiVersion: troupe/v1
kind: Workflow
id: w
inputs:
  project: {required: true}
  dry: {type: boolean, default: false}
  parts: {type: array, default: [1, 2, 3]}
  limit: {type: integer}
concurrency: {key: "k-${inputs.project}"}
timeout: 2h
steps:
  - {id: fetch, activity: noop}
  - {id: split, needs: [fetch], foreach: "${inputs.parts}", activity: noop}
  - {id: send, needs: [split], when: "${!inputs.dry}", activity: noop,
     resources: {cpu: 1}, timeout: {start_to_close: 1m}, retry: {attempts: 4}}
  - {id: check, needs: [fetch], when: "${steps.fetch.output.x > 1}", activity: noop}
  - {id: each, needs: [fetch], foreach: "${steps.fetch.output}", activity: noop}
  - {id: after, needs: [send], when: "${steps.send.state == 'skipped'}", activity: noop}
)",
                        "test.yaml")
    .value();
}

workflow_plan plan(const json& inputs) {
  const auto flow = example();
  auto checked = check_inputs(flow, inputs);
  REQUIRE(checked);
  auto result = plan_workflow(flow, std::move(*checked));
  if (!result)
    FAIL(runtime::render(result.error().front()));
  return std::move(*result);
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a plan says of each step whether it will run, and why") {
  const auto wet = plan({{"project", "p"}});
  REQUIRE(wet.steps.size() == 6);
  CHECK(wet.concurrency_key == "k-p");
  CHECK(wet.inputs["dry"] == false);
  CHECK(wet.steps[0].decision == plan_decision::run);
  CHECK(wet.steps[0].reason == "needs nothing");
  CHECK(wet.steps[1].repetitions == 3);
  CHECK(wet.steps[1].reason == "after fetch");
  CHECK(wet.steps[2].decision == plan_decision::run);
  CHECK(wet.steps[2].reason == "holds: ${!inputs.dry}");
  CHECK(wet.steps[3].decision == plan_decision::unknown);
  CHECK_FALSE(wet.steps[3].repetitions);
  CHECK_FALSE(wet.steps[4].repetitions);
  CHECK(wet.steps[5].decision == plan_decision::unknown);
}

TEST_CASE("a step that will be skipped is known to those after it") {
  const auto dry = plan({{"project", "p"}, {"dry", true}, {"parts", {1}}});
  CHECK(dry.steps[1].repetitions == 1);
  CHECK(dry.steps[2].decision == plan_decision::skip);
  CHECK(dry.steps[2].repetitions == 0);
  CHECK(dry.steps[5].decision == plan_decision::run);
}

TEST_CASE("a condition that cannot be decided is an error of the plan") {
  auto flow
    = parse_workflow("apiVersion: troupe/v1\nkind: Workflow\nid: w\n"
                     "inputs: {x: {type: integer}}\nsteps:\n"
                     "- {id: a, activity: noop, when: '${inputs.x > 1}'}\n",
                     "test.yaml")
        .value();
  const auto missing = plan_workflow(flow, json::object());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().front().line == 6);
  CHECK(mentions(missing.error().front().message, "inputs.x"));
  CHECK(plan_workflow(flow, {{"x", 2}}));
}

TEST_CASE("inputs are read by their type, and all that is wrong is told") {
  const auto flow = example();
  const auto read = read_inputs(
    flow,
    {{"project", "17"}, {"dry", "true"}, {"parts", "[4]"}, {"limit", "5"}});
  REQUIRE(read);
  CHECK(*read
        == json::parse(
          R"({"project": "17", "dry": true, "parts": [4], "limit": 5})"));
  const auto wrong = read_inputs(
    flow,
    {{"projct", "x"}, {"dry", "yes"}, {"parts", "4]"}, {"limit", "\xff"}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().size() == 4);
  const auto types
    = read_inputs(flow, {{"dry", "1"}, {"parts", "{}"}, {"limit", "1.5"}});
  REQUIRE_FALSE(types);
  REQUIRE(types.error().size() == 4);
  CHECK(types.error().back().key == "inputs.project");
  CHECK_FALSE(check_inputs(flow, json::array()));
  const auto deep = std::string(1'000, '[') + std::string(1'000, ']');
  CHECK_FALSE(read_inputs(flow, {{"project", "p"}, {"parts", deep}}));
  CHECK_FALSE(
    check_inputs(flow, {{"project", "p"}, {"parts", json::parse(deep)}}));
}

TEST_CASE("a plan as JSON has decisions and what was written") {
  const auto flow = example();
  const auto text = to_json(flow, plan({{"project", "p"}}));
  CHECK(text["id"] == "w");
  CHECK(text["digest"].get<std::string>().size() == 16);
  CHECK(text["timeout"] == "2h");
  CHECK(text["concurrency"]["key"] == "k-p");
  CHECK(text["steps"][2]["id"] == "send");
  CHECK(text["steps"][2]["layer"] == 2);
  CHECK(text["steps"][2]["needs"] == nlohmann::ordered_json::array({"split"}));
  CHECK(text["steps"][2]["decision"] == "run");
  CHECK(text["steps"][2]["resources"]["cpu"] == 1.0);
  CHECK(text["steps"][2]["timeout"]["start_to_close"] == "1m");
  CHECK(text["steps"][2]["retry"]["attempts"] == 4);
  CHECK(text["steps"][4]["repetitions"] == nullptr);
}

} // namespace troupe::engine
