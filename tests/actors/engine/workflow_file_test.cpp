#include "actors/engine/workflow_bounds.hpp"
#include "actors/engine/workflow_file.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using problems = std::vector<runtime::problem>;

/// Every key there is.
constexpr auto full_text = R"(apiVersion: troupe/v1
kind: Workflow
id: finance/nightly-portfolio
description: Fetch, score, publish.
priority: high
inputs:
  project: {type: string, required: true, description: Its name}
  count: {type: integer, default: 3}
  options: {type: object, default: {a: [1, 2.5, null, "1", true]}}
concurrency: {key: "${inputs.project}-${run.id}", limit: 2, on_conflict: cancel_new}
timeout: 2h
deadline: 06:00:30 Europe/Berlin
steps:
  - id: fetch
    activity: command
    with: {argv: ["./fetch.sh", "${ inputs.project }"], cwd: jobs, env: {TOKEN: "secret://env/ADO_PAT"}}
    retry: {attempts: 5, initial: 2s, factor: 1.5, cap: 1m, jitter: equal, on: [exit_nonzero, timeout]}
    timeout: {schedule_to_start: 10m, start_to_close: 5m, schedule_to_close: 1h, heartbeat: 30s}
    guard: ado
    resources: {cpu: 0.25, memory: 64MiB, custom: {licence: 2}}
    placement: {require: {gpu: true, zone: ""}, exclude: {zone: us}, data: "${inputs.project}", spread: fetchers, per_node: 2}
    compensate: {activity: command, with: {argv: ["./unfetch.sh", "${steps.fetch.output.id}"]}, timeout: {start_to_close: 1m}, guard: ado, retry: {attempts: 2}}
  - {id: score, needs: [fetch], activity: score, with: {items: "${steps.fetch.output.file}"}, retry: {}}
  - id: publish
    needs: [score, fetch]
    when: "${steps.score.output.items > inputs.count}"
    foreach: "${steps.score.output.batches}"
    max_parallel: 4
    speculate: true
    activity: http
    with: {method: POST, url: "https://x/$${y}", body: "${item}"}
success: "${steps.publish.failed == 0}"
on_failure: {workflow: ops/clean-up}
)";

workflow parse(std::string_view text) {
  auto read = parse_workflow(text, "test.yaml");
  if (!read)
    for (const auto& reason : read.error())
      UNSCOPED_INFO(runtime::render(reason));
  REQUIRE(read);
  return std::move(*read);
}

problems refuse(std::string_view text) {
  auto read = parse_workflow(text, "test.yaml");
  INFO(text.substr(0, 400));
  REQUIRE_FALSE(read);
  REQUIRE_FALSE(read.error().empty());
  for (const auto& reason : read.error()) {
    CHECK(reason.kind == runtime::problem_kind::invalid_input);
    CHECK(reason.file == "test.yaml");
    CHECK_FALSE(reason.message.empty());
  }
  return std::move(read.error());
}

/// A workflow with these lines in its only list of steps.
std::string with_steps(const std::string& steps, const std::string& rest = {}) {
  return "apiVersion: troupe/v1\nkind: Workflow\nid: w\n" + rest + "steps:\n"
         + steps;
}

runtime::problem only_problem(const std::string& text) {
  const auto found = refuse(text);
  for (const auto& each : found)
    UNSCOPED_INFO(runtime::render(each));
  REQUIRE(found.size() == 1);
  return found.front();
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("every key of a workflow is read") {
  const auto flow = parse(full_text);
  CHECK(flow.id == "finance/nightly-portfolio");
  CHECK(flow.description == "Fetch, score, publish.");
  CHECK(flow.priority == priority_class::high);
  REQUIRE(flow.inputs.size() == 3);
  CHECK(find_input(flow, "project")->required);
  CHECK(find_input(flow, "project")->description == "Its name");
  CHECK(find_input(flow, "count")->fallback == json(3));
  CHECK(find_input(flow, "options")->fallback
        == json::parse(R"({"a": [1, 2.5, null, "1", true]})"));
  CHECK(flow.concurrency->key.print() == "${inputs.project}-${run.id}");
  CHECK(flow.concurrency->limit == 2);
  CHECK(flow.concurrency->on_conflict == conflict_policy::cancel_new);
  CHECK(flow.timeout == 2h);
  CHECK(flow.deadline->time_of_day == 6h + 30s);
  CHECK(flow.deadline->zone == "Europe/Berlin");
  CHECK(flow.success->print() == "${steps.publish.failed == 0}");
  CHECK(flow.on_failure.kind == failure_policy::action::start_workflow);
  CHECK(flow.on_failure.workflow_id == "ops/clean-up");
  CHECK(flow.order == std::vector<step_index>{0, 1, 2});
}

TEST_CASE("every key of a step is read") {
  const auto flow = parse(full_text);
  const auto& fetch = flow.steps[0];
  CHECK(fetch.call.activity == "command");
  CHECK(fetch.call.with.written["argv"][1] == "${inputs.project}");
  REQUIRE(fetch.call.with.templates.size() == 1);
  CHECK(fetch.call.with.templates[0].where.to_string() == "/argv/1");
  REQUIRE(fetch.call.with.secrets.size() == 1);
  CHECK(fetch.call.with.secrets[0].to_string() == "/env/TOKEN");
  CHECK(fetch.call.retry.attempts == 5);
  CHECK(fetch.call.retry.initial == 2s);
  CHECK(fetch.call.retry.factor == 1.5);
  CHECK(fetch.call.retry.cap == 1min);
  CHECK(fetch.call.retry.jitter == retry_jitter::equal);
  CHECK(fetch.call.retry.on
        == std::vector<std::string>{"exit_nonzero", "timeout"});
  CHECK(fetch.call.timeouts.schedule_to_start == 10min);
  CHECK(fetch.call.timeouts.start_to_close == 5min);
  CHECK(fetch.call.timeouts.schedule_to_close == 1h);
  CHECK(fetch.call.timeouts.heartbeat == 30s);
  CHECK(fetch.call.guard == "ado");
  CHECK(fetch.resources.cpu_thousandths == 250);
  CHECK(fetch.resources.memory_bytes == 64U << 20U);
  CHECK(fetch.resources.custom.at("licence") == 2);
  REQUIRE(fetch.placement);
  CHECK(fetch.placement->require
        == worker_labels{{"gpu", "true"}, {"zone", ""}});
  CHECK(fetch.placement->exclude == worker_labels{{"zone", "us"}});
  CHECK(fetch.placement->data->print() == "${inputs.project}");
  CHECK(fetch.placement->spread->print() == "fetchers");
  CHECK(fetch.placement->per_node == 2);
  REQUIRE(fetch.compensate);
  CHECK(fetch.compensate->retry.attempts == 2);
  CHECK(fetch.compensate->timeouts.start_to_close == 1min);
  const auto& publish = flow.steps[2];
  CHECK(publish.needs == std::vector<step_index>{0, 1});
  CHECK(publish.when->print() == "${steps.score.output.items > inputs.count}");
  CHECK(publish.foreach->parallel_max == 4);
  CHECK(publish.speculate);
  CHECK_FALSE(fetch.speculate);
  CHECK(publish.foreach->items.templates.size() == 1);
  CHECK(publish.layer == 2);
}

TEST_CASE("what is not said has a default") {
  const auto flow = parse(
    with_steps("- {id: a, activity: noop, compensate: {activity: noop}}\n"
               "- {id: b, activity: noop, retry: {initial: 5s}}\n"));
  CHECK(flow.priority == priority_class::normal);
  CHECK(flow.on_failure.kind == failure_policy::action::compensate);
  CHECK_FALSE(flow.timeout);
  CHECK(flow.steps[0].call.retry == retry_policy{});
  CHECK(flow.steps[0].compensate->retry.attempts == 10);
  CHECK(flow.steps[1].call.retry.attempts == 3);
  CHECK(flow.steps[1].call.retry.initial == 5s);
  CHECK(flow.steps[1].call.with.written == json::object());
}

TEST_CASE("the canonical text reads back as the same workflow") {
  const auto folder = tests::source_dir() / "tools/examples";
  for (const auto& text : {std::string{full_text},
                           tests::read_file(folder / "nightly-scoring.yaml"),
                           tests::read_file(folder / "fan-out.yaml")}) {
    const auto flow = parse(text);
    const auto canonical = canonical_json(flow);
    const auto again = parse(canonical);
    CHECK(again == flow);
    CHECK(canonical_json(again) == canonical);
    CHECK(digest(again) == digest(flow));
  }
}

TEST_CASE("layout, comments and the order of keys do not change the digest") {
  const auto one
    = parse(with_steps("- {id: a, activity: noop, with: {output: '${1+1}'}}"));
  const auto other
    = parse("# comment\nsteps:\n- with:\n    output: ${ 1 + 1 }\n"
            "  activity: noop\n  id: a\nid: w\nkind: Workflow\n"
            "priority: normal\napiVersion: troupe/v1\n");
  CHECK(one == other);
  CHECK(digest(one) == digest(other));
  const auto changed
    = parse(with_steps("- {id: a, activity: noop, with: {output: '${1+2}'}}"));
  CHECK(digest(one) != digest(changed));
}

TEST_CASE("an unknown key is refused with its place and the nearest known") {
  const auto reason = only_problem(
    with_steps("- id: a\n  activity: noop\n  tiemout: {heartbeat: 1s}\n"));
  CHECK(reason.line == 7);
  CHECK(reason.column == 3);
  CHECK(reason.key == "steps[0].tiemout");
  CHECK(mentions(reason.hint, "\"timeout\""));
}

TEST_CASE("all problems of a file are told at once, in order") {
  const auto found = refuse(
    "apiVersion: troupe/v2\nkind: Workflow\nid: not an id\npriority: hihg\n"
    "steps:\n- {id: a, activity: comand}\n- {id: b, activity: sleep}\n"
    "- {id: c, activity: noop, when: '${inputs.x}', needs: [a]}\n");
  REQUIRE(found.size() == 6);
  CHECK(found[0].key == "apiVersion");
  CHECK(found[1].key == "id");
  CHECK(mentions(found[2].hint, "\"high\""));
  CHECK(mentions(found[3].hint, "\"command\""));
  CHECK(mentions(found[4].message, "\"for\""));
  CHECK(mentions(found[5].message, "\"x\""));
  CHECK(found[5].line == 8);
  CHECK(found[5].key == "steps[2].when");
}

TEST_CASE("a circle of needs is named in full") {
  const auto reason
    = only_problem(with_steps("- {id: a, needs: [c], activity: noop}\n"
                              "- {id: b, needs: [a], activity: noop}\n"
                              "- {id: c, needs: [b], activity: noop}\n"));
  CHECK(mentions(reason.message, "a -> c -> b -> a"));
  CHECK(reason.key == "steps[0].needs");
  CHECK(mentions(
    only_problem(with_steps("- {id: a, needs: [a], activity: noop}\n")).message,
    "a -> a"));
}

TEST_CASE("wrong needs do not hide what else is wrong") {
  const auto found
    = refuse(with_steps("- {id: a, activity: nop}\n"
                        "- {id: b, needs: [x], activity: noop, with: {output: "
                        "'${steps.a.output} ${steps.c.output}'}}\n"));
  REQUIRE(found.size() == 3);
  CHECK(found[0].key == "steps[0].activity");
  CHECK(found[1].key == "steps[1].needs[0]");
  CHECK(mentions(found[2].message, "no step \"c\""));
}

TEST_CASE("needs have to name steps, once each") {
  const auto unknown
    = only_problem(with_steps("- {id: fetch, activity: noop}\n"
                              "- {id: b, needs: [fetsh], activity: noop}\n"));
  CHECK(mentions(unknown.hint, "\"fetch\""));
  CHECK(unknown.key == "steps[1].needs[0]");
  const auto twice
    = only_problem(with_steps("- {id: a, activity: noop}\n"
                              "- {id: b, needs: [a, a], activity: noop}\n"));
  CHECK(twice.key == "steps[1].needs[1]");
}

TEST_CASE("a secret is a whole argument of an activity") {
  const auto step = [](const std::string& with) {
    return with_steps("- {id: a, activity: noop, with: {output: " + with
                      + "}}\n");
  };
  CHECK(parse(step("secret://file/etc/token")).steps[0].call.with.secrets.size()
        == 1);
  for (const auto* with :
       {"'Bearer secret://env/T'", "'secret://env/${inputs.x}'",
        "'secret://vault/x'", "'secret://env/'"}) {
    const auto found = refuse(step(with));
    CHECK(found[0].key == "steps[0].with.output");
  }
  refuse(with_steps("- {id: a, activity: noop, foreach: [secret://env/X]}"));
  refuse(with_steps("- {id: a, activity: noop, when: secret://env/X}"));
}

TEST_CASE("values of the wrong type or range are refused at their place") {
  for (const auto* step :
       {"activity: 1",
        "activity: noop, with: []",
        "activity: noop, needs: a",
        "activity: noop, when: true",
        "activity: noop, when: 'a ${1 == 1}'",
        "activity: noop, max_parallel: 2",
        "activity: noop, foreach: [1], max_parallel: 0",
        "activity: noop, foreach: text",
        "activity: noop, foreach: 3",
        "activity: noop, retry: {attempts: 0}",
        "activity: noop, retry: {factor: 0.5}",
        "activity: noop, retry: {initial: soon}",
        "activity: noop, retry: {initial: 10m}",
        "activity: noop, retry: {jitter: some}",
        "activity: noop, retry: {on: timeout}",
        "activity: noop, retry: {on: [timeuot]}",
        "activity: noop, timeout: 5m",
        "activity: noop, timeout: {heartbeat: 0}",
        "activity: noop, guard: 'a b'",
        "activity: noop, resources: {cpu: -1}",
        "activity: noop, resources: {cpu: 0.0001}",
        "activity: noop, resources: {memory: big}",
        "activity: noop, resources: {custom: {x: 0}}",
        "activity: noop, resources: {custom: {'a b': 1}}",
        "activity: noop, placement: gpu",
        "activity: noop, placement: {require: [gpu]}",
        "activity: noop, placement: {require: {'g pu': x}}",
        "activity: noop, placement: {exclude: {gpu: 'x y'}}",
        "activity: noop, placement: {require: {a: b}, exclude: {a: ''}}",
        "activity: noop, placement: {requires: {a: b}}",
        "activity: noop, placement: {per_node: 1}",
        "activity: noop, placement: {spread: g, per_node: 0}",
        "activity: noop, placement: {spread: '${'}",
        "activity: noop, placement: {data: '${item}'}",
        "activity: noop, placement: {data: '${steps.a.output}'}",
        "activity: sleep, with: {for: 1s}, placement: {spread: g}",
        "activity: signal, with: {name: go}, placement: {data: x}",
        "activity: approval, with: {roles: [x]}, placement: {require: {a: b}}",
        "activity: workflow, with: {id: w}, placement: {exclude: {a: b}}",
        "activity: noop, compensate: {activity: sleep}",
        "activity: noop, speculate: true",
        "activity: noop, foreach: [1], speculate: 2",
        "activity: noop, foreach: [1], guard: g, speculate: true",
        "activity: sleep, with: {for: 1s}, foreach: [1], speculate: true",
        "activity: noop, compensate: {}",
        "activity: noop, with: {output: 123456789012345678901}",
        "activity: noop, with: {output: {'${x}': 1}}",
        "activity: noop, with: {output: '${'}"}) {
    const auto found
      = refuse(with_steps("- {id: a, " + std::string{step} + "}\n"));
    CAPTURE(step);
    CHECK(found.size() == 1);
    CHECK(found.front().line == 5);
  }
}

TEST_CASE("a step that only waits has no placement") {
  const auto found = only_problem(with_steps(
    "- id: a\n  activity: sleep\n  with: {for: 1s}\n  placement: {data: x}\n"));
  CHECK(found.key == "steps[0].placement");
  CHECK(found.line == 8);
  CHECK(found.message == "a step that only waits is done by no worker");
  CHECK(found.hint == "leave the key out");
}

TEST_CASE("what says why a step may not speculate") {
  const auto alone = only_problem(
    with_steps("- id: a\n  activity: noop\n  speculate: true\n"));
  CHECK(alone.key == "steps[0].speculate");
  CHECK(alone.line == 7);
  CHECK(alone.hint.find("foreach") != std::string::npos);
  const auto guarded = only_problem(
    with_steps("- id: a\n  activity: noop\n  foreach: [1]\n  guard: jira\n"
               "  speculate: true\n"));
  CHECK(guarded.line == 9);
  CHECK(guarded.message.find("guard jira") != std::string::npos);
}

TEST_CASE("the head of a file is held to its rules") {
  const auto step = std::string{"- {id: a, activity: noop}\n"};
  for (const auto* line : {"priority: urgent\n",
                           "timeout: 0\n",
                           "timeout: -1s\n",
                           "deadline: 6:00 UTC\n",
                           "deadline: '25:00 UTC'\n",
                           "deadline: '06:60 UTC'\n",
                           "deadline: '06:00'\n",
                           "deadline: 06:00 Not a zone\n",
                           "deadline: '06:00 '\n",
                           "deadline: '06-00 UTC'\n",
                           "on_failure: retry\n",
                           "on_failure: {workflow: a b}\n",
                           "on_failure: {}\n",
                           "inputs: {x: {type: text}}\n",
                           "inputs: {x y: {}}\n",
                           "inputs: {x: {type: integer, default: a}}\n",
                           "inputs: {x: {type: number, default: '1'}}\n",
                           "inputs: {x: {required: true, default: a}}\n",
                           "inputs: [x]\n",
                           "concurrency: {}\n",
                           "concurrency: {key: k, limit: 0}\n",
                           "concurrency: {key: '${steps.a.output}'}\n",
                           "concurrency: {key: k, on_conflict: wait}\n",
                           "success: '${1}'\n",
                           "success: done\n",
                           "success: '${steps.b.failed == 0}'\n"}) {
    CAPTURE(line);
    const auto found = refuse(with_steps(step, line));
    CHECK(found.size() == 1);
    CHECK(found.front().line == 4);
  }
  for (const auto* text :
       {"", "[]", "a", "{", "kind: Workflow", "steps: []",
        "apiVersion: troupe/v1\nkind: Workflow\nid: w\nsteps: []\n",
        "apiVersion: troupe/v1\nkind: Workflow\nid: w\nsteps: {}\n",
        "apiVersion: troupe/v1\nkind: Workflow\nid: w\nsteps: [1]\n",
        "apiVersion: troupe/v1\nkind: Workflow\nid: w\nsteps: [null]\n",
        "apiVersion: troupe/v1\nkind: Flow\nid: w\nsteps: [{id: a, activity: "
        "noop}]\n"})
    refuse(text);
}

TEST_CASE("a workflow has bounds") {
  auto text = with_steps("");
  for (auto i = std::size_t{0}; i <= workflow_bounds::steps_max; ++i)
    text += "- {id: s" + std::to_string(i) + ", activity: noop}\n";
  CHECK(mentions(only_problem(text).message, "10000 steps"));

  auto many = with_steps("");
  for (auto i = 0; i < 500; ++i)
    many += "- {id: s, activity: nop, needs: [x]}\n";
  const auto found = refuse(many);
  CHECK(found.size() == workflow_bounds::problems_max + 1);
  CHECK(mentions(found.back().message, "more problems"));
}

TEST_CASE("the largest workflow is read") {
  auto text = with_steps("- {id: s0, activity: noop}\n");
  for (auto i = std::size_t{1}; i < workflow_bounds::steps_max; ++i)
    text += "- {id: s" + std::to_string(i) + ", needs: [s"
            + std::to_string(i - 1)
            + "], activity: noop, with: {output: '${steps.s0.output}'}}\n";
  const auto flow = parse(text);
  CHECK(flow.layers.size() == workflow_bounds::steps_max);
}

TEST_CASE("an absent file is not found") {
  const auto read = read_workflow("/nowhere/at/all.yaml");
  REQUIRE_FALSE(read);
  CHECK(read.error().front().kind == runtime::problem_kind::not_found);
}

TEST_CASE("the example workflows are valid") {
  const auto folder = tests::source_dir() / "tools/examples";
  for (const auto* name : {"nightly-scoring.yaml", "fan-out.yaml"}) {
    const auto read = read_workflow((folder / name).string());
    if (!read)
      FAIL(runtime::render(read.error().front()));
    CHECK(read->steps.size() >= 3);
  }
}

} // namespace troupe::engine
