#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

namespace {

/// a -> b -> c, and a -> d.
workflow diamond() {
  return make_workflow({{"a", {}, 1, true},
                        {"b", {"a"}, 1, true},
                        {"c", {"b"}},
                        {"d", {"a"}, 1, true}});
}

} // namespace

TEST_CASE("a step begins when all it needs is done, and not before") {
  auto story
    = run_story{make_workflow({{"a"}, {"b"}, {"c", {"a", "b"}}, {"d", {"c"}}})};
  CHECK(story.state.status() == run_status::pending);
  story.start();
  CHECK(story.state.status() == run_status::running);
  CHECK(story.ready().size() == 2);
  story.pass("a");
  CHECK(story.status_of("c") == step_status::blocked);
  CHECK(story.state.waiting_on(2)->what == waiting_reason::kind::dependency);
  CHECK(story.state.waiting_on(2)->detail == "step b");
  story.pass("b");
  CHECK(story.status_of("c") == step_status::ready);
  story.pass("c");
  story.pass("d");
  CHECK(story.state.is_finished());
  REQUIRE(story.decide([](run_decision& it) { return it.conclude(""); }));
  CHECK(story.state.status() == run_status::completed);
  CHECK_FALSE(story.state.waiting_on());
}

TEST_CASE("only the holder of the newest claim may report") {
  auto of = make_workflow({{"a", {}, 3}});
  of.steps[0].call.timeouts.start_to_close = 10s;
  auto story = run_story{of};
  story.start();
  const auto first = story.take("a");
  story.advance(10s);
  story.check_time();
  CHECK(story.status_of("a") == step_status::backing_off);
  story.advance(1s);
  const auto second = story.take("a");
  CHECK(second.attempt == 2);
  CHECK(second.claim > first.claim);
  const auto late = story.decide([&](run_decision& it) {
    return it.succeed(first.task, first.claim, "too late");
  });
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == runtime::problem_kind::conflict);
  const auto twice = story.decide(
    [&](run_decision& it) { return it.begin(second.task, second.claim); });
  CHECK_FALSE(twice);
  story.succeed(second, 42);
  CHECK(story.state.find({0, 0, false})->output == 42);
}

TEST_CASE("a failure is retried as the policy says, then fails the run") {
  auto of = make_workflow({{"a", {}, 3}});
  of.steps[0].call.retry.initial = 1s;
  auto story = run_story{of};
  story.start();
  story.fail(story.take("a"));
  CHECK(story.state.status() == run_status::waiting);
  CHECK(story.state.waiting_on()->what == waiting_reason::kind::timer);
  CHECK(story.state.waiting_on()->next_check == story.context.now + 1s);
  CHECK(story.ready().empty());
  story.advance(1s);
  story.fail(story.take("a"));
  story.advance(1s);
  CHECK(story.ready().empty()); // The delay has doubled.
  story.advance(1s);
  story.fail(story.take("a"));
  CHECK(story.state.status() == run_status::failed);
  CHECK(story.state.reason() == "step a failed: broken: it is broken");
}

TEST_CASE("what cannot get better is not retried") {
  auto of = make_workflow({{"a", {}, 5}});
  of.steps[0].call.retry.on = {"timeout"};
  SECTION("because the activity says so") {
    of.steps[0].call.retry.on.clear();
    auto story = run_story{of};
    story.start();
    story.fail(story.take("a"), "broken", true);
    CHECK(story.state.status() == run_status::failed);
  }
  SECTION("because the policy names other kinds") {
    auto story = run_story{of};
    story.start();
    story.fail(story.take("a"), "broken");
    CHECK(story.state.status() == run_status::failed);
  }
  SECTION("but what the policy names is") {
    auto story = run_story{of};
    story.start();
    story.fail(story.take("a"), "timeout");
    CHECK(story.state.status() == run_status::waiting);
  }
}

TEST_CASE("a lost worker costs no attempt, until it looks like the task's "
          "doing") {
  auto story = run_story{make_workflow({{"a"}})};
  story.start();
  for (auto i = 0U; i < lost_max - 1; ++i) {
    const auto claim = story.take("a");
    CHECK(claim.attempt == 1);
    REQUIRE(story.decide([&](run_decision& it) {
      return it.lose(claim.task, claim.claim, "killed");
    }));
    CHECK(story.status_of("a") == step_status::backing_off);
  }
  const auto claim = story.take("a");
  REQUIRE(story.decide([&](run_decision& it) {
    return it.lose(claim.task, claim.claim, "killed");
  }));
  CHECK(story.state.status() == run_status::failed);
}

TEST_CASE("a worker that does not begin loses its claim") {
  auto story = run_story{make_workflow({{"a"}})};
  story.start();
  const auto key = task_key{0, 0, false};
  const auto claim = story.decide([&](run_decision& it) {
    return it.claim(key, "sleepy", story.context.now + 10s);
  });
  REQUIRE(claim);
  story.advance(10s);
  story.check_time();
  CHECK_FALSE(story.decide(
    [&](run_decision& it) { return it.begin(key, claim->claim); }));
  story.pass("a");
}

TEST_CASE("silence beyond the heartbeat ends an attempt, and progress is "
          "handed on") {
  auto of = make_workflow({{"a", {}, 2}});
  of.steps[0].call.timeouts.heartbeat = 5s;
  auto story = run_story{of};
  story.start();
  const auto first = story.take("a");
  story.advance(4s);
  REQUIRE(story.decide([&](run_decision& it) {
    return it.beat(first.task, first.claim, {{"row", 7}});
  }));
  story.advance(4s);
  story.check_time();
  CHECK(story.status_of("a") == step_status::running);
  story.advance(1s);
  story.check_time();
  CHECK(story.status_of("a") == step_status::backing_off);
  story.advance(2s);
  CHECK(story.take("a").progress == nlohmann::json{{"row", 7}});
}

TEST_CASE("a task that nobody takes in time fails for good") {
  auto of = make_workflow({{"a", {}, 9}});
  of.steps[0].call.timeouts.schedule_to_start = 1min;
  auto story = run_story{of};
  story.start();
  story.advance(1min);
  story.check_time();
  CHECK(story.state.status() == run_status::failed);
  CHECK(story.state.reason()
        == "step a failed: timeout: schedule_to_start is over");
}

TEST_CASE("completed steps are undone against the order of their needs") {
  auto story = run_story{diamond()};
  story.start();
  story.pass("a");
  story.pass("b");
  story.pass("d");
  story.fail(story.take("c"));
  CHECK(story.state.status() == run_status::compensating);
  // b and d do not depend on each other; a waits for both.
  CHECK(story.ready() == std::vector<task_key>{{1, 0, true}, {3, 0, true}});
  story.undo("b");
  CHECK(story.status_of("a") == step_status::succeeded);
  story.undo("d");
  CHECK(story.status_of("a") == step_status::compensating);
  story.undo("a");
  CHECK(story.state.status() == run_status::compensated);
  CHECK(story.state.reason() == "step c failed: broken: it is broken");
}

TEST_CASE("what cannot be undone is named, and undone by hand later") {
  auto story = run_story{diamond()};
  story.start();
  story.pass("a");
  story.pass("b");
  story.pass("d");
  story.fail(story.take("c"));
  story.fail(story.take("b", 0, true));
  CHECK(story.status_of("b") == step_status::compensation_failed);
  CHECK(story.state.status() == run_status::compensating);
  story.undo("d");
  CHECK(story.state.status() == run_status::failed);
  CHECK(story.state.reason().starts_with(
    "compensation failed, still in effect: a, b (after: step c failed"));
  REQUIRE(story.decide([](run_decision& it) { return it.retry(1, "me"); }));
  CHECK(story.state.status() == run_status::compensating);
  story.undo("b");
  story.undo("a");
  CHECK(story.state.status() == run_status::compensated);
}

TEST_CASE("what runs when a step fails is waited for, and undone") {
  auto story = run_story{diamond()};
  story.start();
  story.pass("a");
  const auto running = story.take("d");
  story.fail(story.take("b"));
  CHECK(story.state.status() == run_status::running);
  CHECK(story.ready().empty());
  story.succeed(running);
  CHECK(story.state.status() == run_status::compensating);
  story.undo("d");
  story.undo("a");
  CHECK(story.state.status() == run_status::compensated);
}

TEST_CASE("a failed step is done again on request, with what was called off") {
  auto of = make_workflow({{"a"}, {"b"}, {"c", {"a", "b"}}});
  of.on_failure.kind = failure_policy::action::keep;
  auto story = run_story{of};
  story.start();
  story.fail(story.take("a"));
  CHECK(story.state.status() == run_status::failed);
  CHECK(story.status_of("b") == step_status::cancelled);
  CHECK_FALSE(story.decide([](run_decision& it) { return it.retry(2, "me"); }));
  REQUIRE(story.decide([](run_decision& it) { return it.retry(0, "me"); }));
  CHECK(story.state.status() == run_status::running);
  story.pass("a");
  story.pass("b");
  story.pass("c");
  CHECK(story.state.is_finished());
}

TEST_CASE("a cancelled run lets what runs end, and undoes it") {
  auto story = run_story{diamond()};
  story.start();
  story.pass("a");
  const auto running = story.take("b");
  auto request = messages::RunCancelRequested{};
  request.set_by("olga");
  request.set_reason("wrong month");
  request.set_stop_at((story.context.now + 30s).time_since_epoch().count());
  REQUIRE(story.decide([&](run_decision& it) { return it.cancel(request); }));
  CHECK(story.status_of("d") == step_status::cancelled);
  CHECK_FALSE(
    story.decide([&](run_decision& it) { return it.cancel(request); }));
  auto reason = std::string{"cancelled by olga: wrong month"};
  SECTION("it ends in time") {
    story.succeed(running);
    CHECK(story.state.status() == run_status::compensating);
    story.undo("b");
  }
  SECTION("it does not, and is stopped") {
    story.advance(30s);
    story.check_time();
    CHECK_FALSE(story.decide([&](run_decision& it) {
      return it.succeed(running.task, running.claim, {});
    }));
    // It may have been done by then: nobody undoes it, so a person has to look.
    reason += "; perhaps done and not undone: b";
  }
  story.undo("a");
  CHECK(story.state.status() == run_status::compensated);
  CHECK(story.state.reason() == reason);
}

TEST_CASE("a terminated run is over at once") {
  auto story = run_story{diamond()};
  story.start();
  story.pass("a");
  const auto running = story.take("b");
  auto request = messages::RunCancelRequested{};
  request.set_terminate(true);
  REQUIRE(story.decide([&](run_decision& it) { return it.cancel(request); }));
  CHECK(story.state.status() == run_status::cancelled);
  CHECK_FALSE(story.decide([&](run_decision& it) {
    return it.succeed(running.task, running.claim, {});
  }));
}

TEST_CASE("a run that takes longer than its timeout fails") {
  auto story = run_story{make_workflow({{"a"}})};
  auto other = run_state{story.definition};
  auto decision = run_decision{other, story.context};
  auto request = messages::RunSubmitted{};
  request.set_timeout_at((story.context.now + 2h).time_since_epoch().count());
  REQUIRE(decision.submit(request));
  REQUIRE(decision.start());
  REQUIRE(decision.check_time());
  CHECK(other.status() == run_status::running);
  CHECK(run_deadline(other) == story.context.now + 2h);
  story.advance(2h);
  REQUIRE(decision.check_time());
  CHECK(other.status() == run_status::failed);
  CHECK(other.reason() == "cancelled: the run took longer than its timeout");
}

TEST_CASE("a paused run begins nothing, and goes on where it was") {
  auto story = run_story{make_workflow({{"a"}, {"b", {"a"}}})};
  story.start();
  const auto running = story.take("a");
  REQUIRE(story.decide([](run_decision& it) { return it.pause("me"); }));
  CHECK(story.state.status() == run_status::paused);
  CHECK(story.state.waiting_on()->what == waiting_reason::kind::paused);
  story.succeed(running);
  CHECK(story.status_of("b") == step_status::blocked);
  REQUIRE(story.decide([](run_decision& it) { return it.resume("me"); }));
  CHECK(story.status_of("b") == step_status::ready);
}

TEST_CASE("a signal reaches whoever waits for it, before or after it came") {
  auto of = make_workflow(
    {{"a", {}, 1, false, "signal"}, {"b", {"a"}, 1, false, "signal"}});
  for (auto& step : of.steps)
    step.call.with.written = {{"name", "go"}};
  auto story = run_story{of};
  story.start();
  CHECK(story.state.status() == run_status::waiting);
  CHECK(story.state.waiting_on()->what == waiting_reason::kind::signal);
  auto signal = messages::SignalReceived{};
  signal.set_name("go");
  signal.set_id("1");
  signal.set_payload(R"({"n":1})");
  REQUIRE(story.decide([&](run_decision& it) { return it.signal(signal); }));
  CHECK(story.status_of("a") == step_status::succeeded);
  CHECK(story.status_of("b") == step_status::waiting);
  // The same one again is no second one.
  REQUIRE(story.decide([&](run_decision& it) { return it.signal(signal); }));
  CHECK(story.status_of("b") == step_status::waiting);
  signal.set_id("2");
  REQUIRE(story.decide([&](run_decision& it) { return it.signal(signal); }));
  CHECK(story.state.is_finished());
  CHECK(story.state.signals().empty());
}

TEST_CASE("an approval is given or refused by name") {
  const auto of = make_workflow({{"ok", {}, 1, false, "approval"}});
  auto story = run_story{of};
  story.start();
  CHECK(story.state.waiting_on()->what == waiting_reason::kind::approval);
  auto signal = messages::SignalReceived{};
  signal.set_name("ok");
  signal.set_by("olga");
  SECTION("given") {
    signal.set_payload("true");
    REQUIRE(story.decide([&](run_decision& it) { return it.signal(signal); }));
    CHECK(story.state.is_finished());
    CHECK(story.state.find({0, 0, false})->output["by"] == "olga");
  }
  SECTION("refused") {
    signal.set_payload(R"({"approved": false})");
    REQUIRE(story.decide([&](run_decision& it) { return it.signal(signal); }));
    CHECK(story.state.status() == run_status::failed);
    CHECK(story.state.reason() == "step ok failed: rejected: rejected by olga");
  }
}

TEST_CASE("a sleep ends by time alone") {
  auto of = make_workflow({{"nap", {}, 1, false, "sleep"}});
  of.steps[0].call.with.written = {{"for", "1h"}};
  auto story = run_story{of};
  story.start();
  CHECK(story.state.waiting_on()->next_check == story.context.now + 1h);
  story.advance(1h - 1ms);
  story.check_time();
  CHECK_FALSE(story.state.is_finished());
  story.advance(1ms);
  story.check_time();
  CHECK(story.state.is_finished());
}

TEST_CASE("a child run ends the step that waits for it") {
  auto of = make_workflow({{"sub", {}, 1, false, "workflow"}});
  of.steps[0].call.with.written["id"] = "other";
  of.on_failure.kind = failure_policy::action::keep;
  auto story = run_story{of};
  story.start();
  const auto key = task_key{0, 0, false};
  CHECK(story.state.find(key)->what == "child-1");
  SECTION("well") {
    REQUIRE(story.decide([&](run_decision& it) {
      return it.child_ended(key, "child-1", {{"x", 1}}, {});
    }));
    CHECK(story.state.is_finished());
  }
  SECTION("badly") {
    auto error = messages::TaskError{};
    error.set_kind("child_failed");
    REQUIRE(story.decide([&](run_decision& it) {
      return it.child_ended(key, "child-1", {}, error);
    }));
    CHECK(story.state.status() == run_status::failed);
  }
}
