#include "actors/engine/run_derivation.hpp"
#include "actors/engine/run_validator.hpp"
#include "tests/actors/engine/ledger_fixture.hpp"
#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;
using runtime::problem_kind;

namespace {

workflow chain(bool has_compensation = false) {
  return make_workflow(
    {{"a", {}, 1, has_compensation}, {"b", {"a"}}, {"c", {"b"}}, {"side", {}}});
}

std::vector<std::string> taken_of(const derivation_plan& plan,
                                  const workflow& of) {
  auto names = std::vector<std::string>{};
  for (const auto& step : plan.taken.steps())
    names.push_back(of.steps[step.step()].id);
  std::ranges::sort(names);
  return names;
}

/// A story in which a succeeded, b fails for good, and the rest is over.
run_story failed_story(workflow of) {
  auto story = run_story{std::move(of)};
  story.start();
  story.pass("a", {{"n", 1}});
  story.pass("side");
  story.fail(story.take("b"), "broken", true);
  return story;
}

} // namespace

TEST_CASE("a rerun takes over what does not depend on the step") {
  auto story = run_story{chain()};
  story.start();
  for (const auto* step : {"a", "side", "b", "c"})
    story.pass(step, step);
  const auto plan
    = plan_derivation(story.state, story.state, story.index_of("b"));
  REQUIRE(plan);
  CHECK(taken_of(*plan, *story.definition)
        == std::vector<std::string>{"a", "side"});
  CHECK_FALSE(plan->has_effects);
}

TEST_CASE("a reset takes over what was done when that event had happened") {
  auto story = run_story{chain()};
  story.start();
  story.pass("a", "first");
  const auto sequence = story.state.sequence();
  story.pass("side");
  story.pass("b");
  const auto at = fold_until(story.definition, story.history, sequence);
  REQUIRE(at);
  const auto plan = plan_derivation(**at, story.state, std::nullopt);
  REQUIRE(plan);
  CHECK(taken_of(*plan, *story.definition) == std::vector<std::string>{"a"});
  CHECK(plan->taken.steps(0).tasks(0).output() == "\"first\"");

  for (const auto event : {std::uint64_t{0}, story.state.sequence() + 1}) {
    const auto none = fold_until(story.definition, story.history, event);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == problem_kind::invalid_input);
  }
}

TEST_CASE("what was undone is not taken over") {
  auto story = failed_story(chain(true));
  REQUIRE(story.state.is_compensating());
  story.undo("a");
  REQUIRE(story.state.status() == run_status::compensated);
  const auto refused
    = plan_derivation(story.state, story.state, story.index_of("b"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::conflict);
  CHECK(refused.error().message.find("step a") != std::string::npos);
  // What nobody undid may be.
  const auto plan
    = plan_derivation(story.state, story.state, story.index_of("a"));
  REQUIRE(plan);
  CHECK(taken_of(*plan, *story.definition) == std::vector<std::string>{"side"});
}

TEST_CASE("the state of a run that took over is the fold of its history") {
  auto of = chain();
  of.steps[1].foreach.emplace();
  of.steps[1].foreach->items.written = {1, 2, 3};
  of.steps[1].foreach->parallel_max = 2;
  auto first = run_story{of};
  first.start();
  first.pass("a", 7);
  // The second element is done, the first one is not.
  const auto open = first.take("b", 0);
  first.succeed(first.take("b", 1), "two");
  const auto plan = plan_derivation(first.state, first.state, std::nullopt);
  REQUIRE(plan);

  auto next = run_story{of};
  next.go_on_from(first.state, *plan);
  next.start();
  CHECK(next.status_of("a") == step_status::succeeded);
  // Both that are left may go at once.
  next.succeed(next.take("b", 0), "one");
  next.succeed(next.take("b", 2), "three");
  next.pass("c");
  next.pass("side");
  REQUIRE(next.state.is_finished());
  CHECK(describe(next.folded()) == describe(next.state));
  CHECK(find_objections(*next.definition, next.history).empty());
}

TEST_CASE("a run that took over what it could not have is objected to") {
  const auto of = chain();
  auto submission = messages::RunSubmitted{};
  submission.set_run_id("run-2");
  auto taken = messages::RunTookOver{};
  auto& step = *taken.add_steps();
  step.set_step(1);
  step.set_items(1);
  step.add_tasks();
  auto history = std::vector<messages::RunEvent>(2);
  history[0].set_sequence(1);
  *history[0].mutable_submitted() = submission;
  history[1].set_sequence(2);
  *history[1].mutable_took_over() = taken;
  CHECK(find_objections(of, history).size() >= 2);
  auto run = run_state{std::make_shared<const workflow>(of)};
  REQUIRE(run.apply(history[0]));
  CHECK_FALSE(run.apply(history[1]));
  history[0].mutable_submitted()->set_reset_of("run-1");
  auto other = run_state{std::make_shared<const workflow>(of)};
  REQUIRE(other.apply(history[0]));
  // Without what it needs.
  CHECK_FALSE(other.apply(history[1]));
  CHECK(other.sequence() == 1);
}

// -- of the ledger ------------------------------------------------------------

namespace {

struct derivation_fixture : ledger_fixture {
  runtime::outcome<submitted_run> derive(const std::string& run_id,
                                         std::optional<step_index> from,
                                         bool cancels = false,
                                         const std::string& key = {}) {
    auto wanted = derived_run_request{};
    wanted.run_id = run_id;
    wanted.from_step = from;
    wanted.cancels = cancels;
    wanted.idempotency_key = key;
    return ledger.derive(wanted);
  }

  void fail(const assignment& work) {
    auto error = messages::TaskError{};
    error.set_kind("broken");
    error.set_permanent(true);
    REQUIRE(ledger.report(work.run_id, work.claim.task, {1, work.claim.claim},
                          [&](run_decision& it) {
                            return it.fail(work.claim.task, work.claim.claim,
                                           error);
                          }));
  }

  /// All that is given out, by step.
  std::vector<std::string> do_all() {
    auto done = std::vector<std::string>{};
    for (auto work = pull(); !work.empty(); work = pull())
      for (const auto& each : work) {
        done.push_back(each.step_id
                       + (each.claim.task.compensation ? "/undo" : ""));
        succeed(each);
      }
    return done;
  }

  std::string only_a_done(workflow of) {
    const auto run = submit(std::move(of));
    REQUIRE(run);
    for (const auto& each : pull())
      if (each.step_id == "a")
        succeed(each);
    return run->run_id;
  }
};

using names = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(derivation_fixture,
                 "a run that is not over goes on in another one only if it is "
                 "cancelled") {
  const auto first
    = only_a_done(make_workflow({{"a", {}, 1, true}, {"b", {"a"}}}));
  const auto refused = derive(first, std::nullopt);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::conflict);
  CHECK(refused.error().hint.find("--cancel") != std::string::npos);
  CHECK(status_of(first) == run_status::running);

  const auto next = derive(first, std::nullopt, true);
  REQUIRE(next);
  CHECK(status_of(first) == run_status::cancelled);
  CHECK(ledger.find(first)->heir() == next->run_id);
  // Nothing of the first is undone, and a is not done again.
  CHECK(do_all() == names{"b"});
  const auto& submission = ledger.find(next->run_id)->submission();
  CHECK(submission.reset_of() == first);
  store();
  CHECK(ledger.size() == 0);
}

TEST_CASE_METHOD(derivation_fixture,
                 "what was taken over is undone by the run that took it over, "
                 "once") {
  const auto first
    = only_a_done(make_workflow({{"a", {}, 1, true}, {"b", {"a"}}}));
  const auto next = derive(first, std::nullopt, true);
  REQUIRE(next);
  // A second one would rely on what the first may undo.
  const auto second = derive(first, std::nullopt, true);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == problem_kind::conflict);
  CHECK(second.error().message.find(next->run_id) != std::string::npos);

  const auto work = pull();
  REQUIRE(work.size() == 1);
  fail(work.front());
  CHECK(do_all() == names{"a/undo"});
  CHECK(status_of(next->run_id) == run_status::compensated);
  const auto third = derive(next->run_id, step_index{1});
  REQUIRE_FALSE(third);
  CHECK(third.error().message.find("undone") != std::string::npos);
}

TEST_CASE_METHOD(derivation_fixture,
                 "what a completed run did stays, however its reruns end") {
  const auto first = submit(make_workflow({{"a", {}, 1, true}, {"b", {"a"}}}));
  REQUIRE(first);
  CHECK(do_all() == names{"a", "b"});
  for (const auto number : ledger.take_finished())
    REQUIRE(ledger.decide(ledger.find(number)->submission().run_id(),
                          [](run_decision& it) { return it.conclude(""); }));
  for (auto i = 0; i < 2; ++i) {
    const auto again = derive(first->run_id, step_index{1});
    REQUIRE(again);
    const auto work = pull();
    REQUIRE(work.size() == 1);
    CHECK(work.front().step_id == "b");
    fail(work.front());
    CHECK(pull().empty());
    CHECK(status_of(again->run_id) == run_status::failed);
  }
  CHECK(ledger.find(first->run_id)->heir().empty());
}

TEST_CASE_METHOD(derivation_fixture,
                 "what was taken over is undone also before the run starts") {
  auto of = make_workflow({{"a", {}, 1, true}, {"b", {"a"}}});
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("k", {}).value();
  const auto first = only_a_done(of);
  REQUIRE(submit(of));
  // Others were there before.
  const auto next = derive(first, std::nullopt, true);
  REQUIRE(next);
  REQUIRE(status_of(next->run_id) == run_status::queued);
  cancel(next->run_id, false);
  CHECK(status_of(next->run_id) == run_status::compensating);
  CHECK(do_all() == names{"a", "a/undo", "b"});
  CHECK(status_of(next->run_id) == run_status::compensated);
}

TEST_CASE_METHOD(derivation_fixture,
                 "the same key asks for the same rerun, and an unknown run for "
                 "none") {
  const auto first = only_a_done(make_workflow({{"a"}, {"b", {"a"}}}));
  const auto next = derive(first, step_index{1}, true, "once");
  REQUIRE(next);
  const auto same = derive(first, step_index{1}, true, "once");
  REQUIRE(same);
  CHECK(same->is_known);
  CHECK(same->run_id == next->run_id);
  CHECK(derive("nobody", step_index{0}).error().kind
        == problem_kind::not_found);
}

TEST_CASE_METHOD(derivation_fixture,
                 "a run that goes on takes the place of the one it ends") {
  auto of = make_workflow({{"a"}, {"b", {"a"}}});
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("k", {}).value();
  of.concurrency->on_conflict = conflict_policy::skip;
  const auto first = only_a_done(of);
  const auto next = derive(first, std::nullopt, true);
  REQUIRE(next);
  CHECK(do_all() == names{"b"});
}

TEST_CASE_METHOD(derivation_fixture,
                 "a run that ended before it began has done nothing") {
  auto of = make_workflow({{"a"}, {"b", {"a"}}});
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("k", {}).value();
  REQUIRE(submit(of));
  const auto queued = submit(of);
  REQUIRE(queued);
  cancel(queued->run_id, true);
  CHECK(ledger.find(queued->run_id)->status_of(0) == step_status::cancelled);
  const auto next = derive(queued->run_id, std::nullopt);
  REQUIRE(next);
  CHECK(ledger.find(next->run_id)->status_of(0) == step_status::blocked);
}
