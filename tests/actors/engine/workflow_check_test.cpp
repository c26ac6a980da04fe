#include "actors/engine/workflow_check.hpp"
#include "actors/engine/workflow_file.hpp"
#include "actors/engine/workflow_scope.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

using problems = std::vector<runtime::problem>;

/// Three steps in a row and one beside them; `when` is that of the third.
std::string workflow_with(const std::string& when,
                          const std::string& rest = {}) {
  return "apiVersion: troupe/v1\nkind: Workflow\nid: w\n"
         "inputs: {text: {}, count: {type: integer}, yes: {type: boolean},\n"
         "  list: {type: array}, object: {type: object}}\n"
         "steps:\n"
         "- {id: first, activity: noop}\n"
         "- {id: second, needs: [first], activity: noop}\n"
         "- {id: beside, activity: noop, foreach: [1, 2]}\n"
         "- id: third\n  needs: [second]\n  activity: noop\n  when: \"${"
         + when + "}\"\n"
         + "- {id: last, needs: [third, beside], activity: noop}\n" + rest;
}

problems check(const std::string& text,
               const workflow_surroundings& surroundings = {}) {
  const auto read = parse_workflow(text, "test.yaml", surroundings);
  return read ? problems{} : read.error();
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("an expression may refer to what is known before its step") {
  for (const auto* when :
       {"inputs.yes", "inputs.count > 1", "inputs.text == 'a'",
        "steps.first.output.anything", "steps.second.output[3].x == 1",
        "steps.first.state == 'succeeded'", "steps.second.failed + 1 > 0",
        "len(inputs.list) > len(inputs.object)", "run.id + inputs.text != ''",
        "default(steps.first.output.x, 0) > 1", "inputs.object.a.b",
        "default(inputs.text, null) == null", "inputs.list[0]"}) {
    const auto found = check(workflow_with(when));
    CAPTURE(when);
    if (!found.empty())
      FAIL(runtime::render(found.front()));
  }
}

TEST_CASE("a reference to what is not known then is refused with a reason") {
  using row = std::pair<std::string_view, std::string_view>;
  for (const auto& [when, word] :
       {row{"inputs.txet == ''", "no input \"txet\""},
        row{"steps.frist.failed == 0", "no step \"frist\""},
        row{"steps.beside.failed == 0", "need not have run before"},
        row{"steps.third.failed == 0", "refers to itself"},
        row{"steps.last.failed == 0", "comes after"},
        row{"item == 1", "item is not known"}}) {
    CAPTURE(when);
    const auto found = check(workflow_with(std::string{when}));
    REQUIRE(found.size() == 1);
    CHECK(mentions(found.front().message, word));
    CHECK(found.front().key == "steps[3].when");
    CHECK(found.front().line == 13);
    CHECK_FALSE(found.front().hint.empty());
  }
  const auto near = check(workflow_with("inputs.txet == ''"));
  CHECK(mentions(near.front().hint, "\"text\""));
  const auto dash = check(workflow_with("inputs.count-1 > 0"));
  CHECK(mentions(dash.front().hint, "minus"));
}

TEST_CASE("operators that their operands can never suit are refused") {
  for (const auto* when : {"inputs.text",
                           "inputs.count",
                           "1",
                           "inputs.count && true",
                           "!inputs.text",
                           "inputs.text == 1",
                           "inputs.yes == 'true'",
                           "inputs.text < 1",
                           "inputs.list < inputs.list",
                           "inputs.text + 1 == 'a1'",
                           "inputs.text - 1 > 0",
                           "-inputs.text == 1",
                           "len(inputs.count) > 0",
                           "len(1) > 0",
                           "inputs.text.a",
                           "inputs.list.a",
                           "inputs.object[0]",
                           "steps.first.state == 1",
                           "1 / 0 == 1",
                           "9223372036854775807 + 1 == 0"}) {
    CAPTURE(when);
    const auto found = check(workflow_with(when));
    REQUIRE(found.size() == 1);
    CHECK(found.front().line == 13);
  }
}

TEST_CASE("items and own outputs are known where they exist") {
  const auto steps = [](const std::string& step) {
    return check("apiVersion: troupe/v1\nkind: Workflow\nid: w\nsteps:\n- {id: "
                 "a, activity: noop, "
                 + step + "}\n");
  };
  CHECK(steps("foreach: [1], with: {output: '${item.x}'}").empty());
  CHECK(steps("foreach: [1], compensate: {activity: noop, with: {output: "
              "'${item} ${steps.a.output[0]}'}}")
          .empty());
  CHECK(steps("compensate: {activity: noop, with: {output: "
              "'${steps.a.output.id}'}}")
          .empty());
  for (const auto* step :
       {"with: {output: '${item}'}", "with: {output: '${steps.a.state}'}",
        "foreach: '${item}'", "foreach: '${len([1])}'",
        "foreach: [1], when: '${item == 1}'", "foreach: {a: 1}",
        "foreach: 'a ${1}'",
        "compensate: {activity: noop, with: {output: "
        "'${item}'}}"}) {
    CAPTURE(step);
    CHECK(steps(step).size() == 1);
  }
}

TEST_CASE("a list of steps has distinct, plain names") {
  const auto found
    = check("apiVersion: troupe/v1\nkind: Workflow\nid: w\nsteps:"
            "\n- {id: a, activity: noop}\n"
            "- {id: a, activity: noop}\n"
            "- {id: 'a b', activity: noop}\n"
            "- {id: '', activity: noop}\n"
            "- {id: "
            + std::string(129, 'x') + ", activity: noop}\n");
  REQUIRE(found.size() == 4);
  CHECK(mentions(found[0].message, "twice"));
  CHECK(found[0].key == "steps[1].id");
  CHECK(mentions(found[0].hint, "steps[0]"));
}

TEST_CASE("guards, zones and activities are those that there are") {
  auto surroundings = workflow_surroundings{};
  surroundings.guards = {"ado", "jira"};
  surroundings.zone_exists
    = [](std::string_view zone) { return zone == "UTC"; };
  auto activities = activity_catalog{};
  auto own = activity_spec{};
  own.name = "archive";
  own.error_kinds = {"full"};
  activities.add(own);
  surroundings.activities = &activities;
  const auto text = [](const std::string& zone, const std::string& step) {
    return "apiVersion: troupe/v1\nkind: Workflow\nid: w\ndeadline: 06:00 "
           + zone + "\nsteps:\n- {id: a, " + step + "}\n";
  };
  CHECK(check(text("UTC", "activity: archive, guard: ado, retry: {on: [full, "
                          "timeout]}"),
              surroundings)
          .empty());
  const auto found
    = check(text("Europe/Berlin", "activity: noop, guard: adoo"), surroundings);
  REQUIRE(found.size() == 3);
  CHECK(found[0].key == "deadline");
  CHECK(found[1].key == "steps[0].activity");
  CHECK(mentions(found[1].hint, "archive"));
  CHECK(mentions(found[2].hint, "\"ado\""));
}

TEST_CASE("whatever a workflow is made of, its check says what is wrong") {
  auto flow = workflow{};
  CHECK(check_workflow(flow, {}).size() == 2);
  flow.id = "w";
  flow.steps.resize(1);
  flow.steps[0].id = "a";
  flow.steps[0].call.activity = "noop";
  flow.steps[0].call.with.written = nlohmann::json::object();
  REQUIRE(resolve_order(flow).empty());
  CHECK(check_workflow(flow, {}).empty());
  flow.description = std::string(20'000, 'x');
  CHECK(check_workflow(flow, {}).front().key == "description");
}

} // namespace troupe::engine
