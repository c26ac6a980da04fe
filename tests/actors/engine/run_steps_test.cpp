#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

TEST_CASE("a fan-out runs as many at once as it may, and hands on a list") {
  auto of = make_workflow({{"each"}, {"sum", {"each"}}});
  of.steps[0].foreach = step_foreach{};
  of.steps[0].foreach->parallel_max = 2;
  of.steps[0].foreach->items.written = "${inputs.list}";
  of.steps[0].foreach->items.templates
    = {{nlohmann::json::json_pointer{}, expression_text("inputs.list")}};
  of.steps[0].call.with.written = {{"n", "${item}"}};
  of.steps[0].call.with.templates
    = {{nlohmann::json::json_pointer{"/n"}, expression_text("item")}};
  of.steps[1].call.with.written = {{"all", "${steps.each.output}"}};
  of.steps[1].call.with.templates = {{nlohmann::json::json_pointer{"/all"},
                                      expression_text("steps.each.output")}};
  SECTION("over three") {
    auto story = run_story{of, R"({"list": [10, 20, 30]})"};
    story.start();
    CHECK(story.ready() == std::vector<task_key>{{0, 0}, {0, 1}});
    const auto first = story.take("each", 0);
    CHECK(first.input == nlohmann::json{{"n", 10}});
    story.succeed(first, 1);
    CHECK(story.ready() == std::vector<task_key>{{0, 1}, {0, 2}});
    story.succeed(story.take("each", 2), 3);
    story.succeed(story.take("each", 1), 2);
    CHECK(story.take("sum").input == nlohmann::json{{"all", {1, 2, 3}}});
  }
  SECTION("over none") {
    auto story = run_story{of, R"({"list": []})"};
    story.start();
    CHECK(story.status_of("each") == step_status::succeeded);
    CHECK(story.take("sum").input["all"] == nlohmann::json::array());
  }
  SECTION("over what is no list") {
    auto story = run_story{of, R"({"list": 7})"};
    story.start();
    CHECK(story.state.status() == run_status::failed);
    CHECK(story.state.reason().starts_with("step each failed: expression"));
  }
}

TEST_CASE("a step is skipped when its condition is false") {
  auto of = make_workflow({{"a"}, {"b", {"a"}}});
  of.steps[0].when = expression_text("inputs.n > 1");
  SECTION("false, and what needs it goes on") {
    auto story = run_story{of, R"({"n": 1})"};
    story.start();
    CHECK(story.status_of("a") == step_status::skipped);
    CHECK(story.status_of("b") == step_status::ready);
  }
  SECTION("true") {
    auto story = run_story{of, R"({"n": 2})"};
    story.start();
    CHECK(story.status_of("a") == step_status::ready);
  }
  SECTION("neither") {
    auto story = run_story{of, R"({"n": "x"})"};
    story.start();
    CHECK(story.state.status() == run_status::failed);
  }
}

TEST_CASE("an objection of the validator fails the run and undoes it") {
  auto story = run_story{make_workflow({{"a", {}, 1, true}})};
  story.start();
  story.pass("a");
  REQUIRE(
    story.decide([](run_decision& it) { return it.conclude("x is false"); }));
  CHECK(story.state.status() == run_status::compensating);
  story.undo("a");
  CHECK(story.state.status() == run_status::compensated);
  CHECK(story.state.reason() == "validation: x is false");
}

TEST_CASE("a history with an event that may not happen is refused") {
  auto story = run_story{make_workflow({{"a"}})};
  story.start();
  story.pass("a");
  auto run = run_state{story.definition};
  SECTION("a gap") {
    REQUIRE(run.apply(story.history[0]));
    CHECK_FALSE(run.apply(story.history[2]));
  }
  SECTION("a beginning without submission") {
    CHECK_FALSE(run.apply(story.history[1]));
  }
  SECTION("an end before the last step") {
    for (std::size_t i = 0; i < 4; ++i)
      REQUIRE(run.apply(story.history[i]));
    const auto before = describe(run);
    auto event = messages::RunEvent{};
    event.set_sequence(5);
    event.mutable_ended()->set_outcome(messages::RunEnded::COMPLETED);
    CHECK_FALSE(run.apply(event));
    CHECK(describe(run) == before);
  }
}
