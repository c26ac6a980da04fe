#include "actors/engine/run_derivation.hpp"
#include "actors/engine/run_validator.hpp"
#include "actors/engine/straggler.hpp"
#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

namespace {

workflow fan_out(int elements, std::uint32_t attempts = 1) {
  auto of = make_workflow({{"a", {}, attempts}});
  auto& step = of.steps[0];
  step.foreach.emplace().items.written = nlohmann::json::array();
  for (auto i = 0; i < elements; ++i)
    step.foreach->items.written.push_back(i);
  step.foreach->parallel_max = 100;
  step.speculate = true;
  return of;
}

/// A run whose elements have all begun, at one instant.
struct begun_story : run_story {
  explicit begun_story(int elements, std::uint32_t attempts = 1)
    : run_story{fan_out(elements, attempts)} {
    start();
    for (auto i = std::uint32_t{0}; i < static_cast<std::uint32_t>(elements);
         ++i)
      claims.push_back(take("a", i));
  }

  [[nodiscard]] found_stragglers look() const {
    return find_stragglers(state, 0, context.now);
  }

  task_claim second(std::uint32_t item) {
    const auto claim = decide([&](run_decision& it) {
      return it.speculate({0, item, false}, "other");
    });
    REQUIRE(claim);
    return *claim;
  }

  [[nodiscard]] const task_work& work(std::uint32_t item) const {
    return *state.find({0, item, false});
  }

  std::vector<task_claim> claims;
};

std::vector<std::uint32_t> items_of(const found_stragglers& found) {
  auto items = std::vector<std::uint32_t>{};
  for (const auto& task : found.slow)
    items.push_back(task.item);
  return items;
}

} // namespace

TEST_CASE("nobody is slow before three are done, and half of all") {
  auto story = begun_story{8};
  story.advance(2s);
  for (auto i = 0U; i < 3; ++i)
    story.succeed(story.claims[i]);
  story.advance(1h);
  CHECK(story.look().slow.empty());
  CHECK_FALSE(story.look().next);
  CHECK_FALSE(straggler_patience(story.state, 0));
  auto few = begun_story{3};
  few.advance(2s);
  few.succeed(few.claims[0]);
  few.succeed(few.claims[1]);
  few.advance(1h);
  CHECK(few.look().slow.empty());
}

TEST_CASE("whoever takes more than twice the median is slow") {
  auto story = begun_story{8};
  for (auto i = 0U; i < 4; ++i) {
    story.advance(1s);
    story.succeed(story.claims[i]); // After 1, 2, 3 and 4 s.
  }
  CHECK(straggler_patience(story.state, 0) == 6s);
  CHECK(story.look().slow.empty());
  CHECK(story.look().next == story.context.now + 2s);
  story.advance(1'999ms);
  CHECK(story.look().slow.empty());
  story.advance(1ms);
  CHECK(items_of(story.look()) == std::vector<std::uint32_t>{4, 5, 6, 7});
  CHECK_FALSE(story.look().next);
}

TEST_CASE("nobody is slow within a second") {
  auto story = begun_story{4};
  story.advance(1ms);
  for (auto i = 0U; i < 3; ++i)
    story.succeed(story.claims[i]);
  CHECK(straggler_patience(story.state, 0) == 1s);
  story.advance(998ms);
  CHECK(story.look().slow.empty());
  story.advance(1ms);
  CHECK(items_of(story.look()) == std::vector<std::uint32_t>{3});
}

TEST_CASE("the first of two that is done wins, and the other one is late") {
  const auto is_second_first = GENERATE(false, true);
  auto story = begun_story{1};
  const auto other = story.second(0);
  CHECK(other.attempt == 1);
  CHECK(other.input == story.claims[0].input);
  CHECK(story.state.waiting_on()->detail
        == "step a is running on worker-1 and on other, attempt 1");
  const auto& first = is_second_first ? other : story.claims[0];
  const auto& late = is_second_first ? story.claims[0] : other;
  story.succeed(first, 7);
  CHECK(story.work(0).output == 7);
  CHECK(story.work(0).what == (is_second_first ? "other" : "worker-1"));
  CHECK(story.work(0).attempts == 1);
  CHECK_FALSE(story.state.is_held_under(late.task, late.claim));
  const auto refused = story.decide(
    [&](run_decision& it) { return it.succeed(late.task, late.claim, 8); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::conflict);
  CHECK(find_objections(*story.definition, story.history).empty());
}

TEST_CASE("an attempt has one second worker at most") {
  auto story = begun_story{1, 2};
  const auto other = story.second(0);
  const auto again = [&] {
    return story.decide([](run_decision& it) {
      return it.speculate({0, 0, false}, "third");
    });
  };
  CHECK_FALSE(again());
  story.fail(other);
  CHECK_FALSE(again());
  story.fail(story.claims[0]);
  CHECK(story.work(0).status == work_status::backing_off);
  story.advance(1h);
  static_cast<void>(story.take("a"));
  CHECK(again()); // Another attempt.
}

TEST_CASE("a failure of one of two leaves the work to the other one") {
  auto story = begun_story{1};
  const auto other = story.second(0);
  const auto fails_first = GENERATE(true, false);
  story.fail(fails_first ? story.claims[0] : other);
  CHECK(story.work(0).status == work_status::running);
  CHECK(story.work(0).claim
        == (fails_first ? other.claim : story.claims[0].claim));
  CHECK(story.history.back().dropped().error().kind() == "broken");
  SECTION("which does it") {
    story.succeed(fails_first ? other : story.claims[0]);
    CHECK(find_objections(*story.definition, story.history).empty());
  }
  SECTION("or fails for both") {
    story.fail(fails_first ? other : story.claims[0]);
    CHECK(story.state.status() == run_status::failed);
  }
}

TEST_CASE("what is for good for one of two is so for him alone") {
  auto story = begun_story{1, 3};
  const auto other = story.second(0);
  // Perhaps it is his node that cannot do it.
  story.fail(other, "broken", true);
  CHECK(story.state.is_held_under({0, 0, false}, story.claims[0].claim));
  CHECK_FALSE(story.state.is_held_under({0, 0, false}, other.claim));
  story.fail(story.claims[0], "broken", true);
  CHECK(story.state.status() == run_status::failed);
}

TEST_CASE("a cancelled run waits for both, and counts what one of them did") {
  auto of = fan_out(1);
  of.steps[0].compensate = of.steps[0].call;
  auto story = run_story{of};
  story.start();
  const auto first = story.take("a");
  const auto other = story.decide([](run_decision& it) {
    return it.speculate({0, 0, false}, "other");
  });
  REQUIRE(other);
  auto request = messages::RunCancelRequested{};
  request.set_stop_at(runtime::to_microseconds(story.context.now + 1min));
  REQUIRE(story.decide([&](run_decision& it) { return it.cancel(request); }));
  story.fail(first, "cancelled", true);
  CHECK(story.state.status() == run_status::running);
  story.succeed(*other);
  CHECK(story.state.status() == run_status::compensating);
}

TEST_CASE("whoever may take no longer for all attempts ends both") {
  auto of = fan_out(1);
  of.steps[0].call.timeouts.schedule_to_close = 10s;
  auto story = run_story{of};
  story.start();
  static_cast<void>(story.take("a"));
  REQUIRE(story.decide([](run_decision& it) {
    return it.speculate({0, 0, false}, "other");
  }));
  story.advance(10s);
  story.check_time();
  CHECK(story.state.status() == run_status::failed);
}

TEST_CASE("a second attempt that is lost may be replaced, not for ever") {
  auto story = begun_story{1};
  for (auto i = 0U; i < second_claims_max; ++i) {
    CHECK(may_speculate(story.state, {0, 0, false}));
    const auto other = story.second(0);
    REQUIRE(story.decide([&](run_decision& it) {
      return it.lose(other.task, other.claim, "gone");
    }));
  }
  CHECK_FALSE(may_speculate(story.state, {0, 0, false}));
  CHECK(story.state.is_held_under({0, 0, false}, story.claims[0].claim));
  CHECK(story.work(0).lost == 0); // The first one never was.
}

TEST_CASE("half of all counts what another run had done") {
  auto first = begun_story{8};
  for (auto i = 0U; i < 4; ++i)
    first.succeed(first.claims[i]);
  const auto plan = plan_derivation(first.state, first.state, std::nullopt);
  REQUIRE(plan);
  auto next = run_story{fan_out(8)};
  next.go_on_from(first.state, *plan);
  next.start();
  for (auto i = 4U; i < 7; ++i) {
    // How long the other run took is not known.
    CHECK_FALSE(straggler_patience(next.state, 0));
    next.succeed(next.take("a", i));
  }
  CHECK(straggler_patience(next.state, 0) == 1s);
}

TEST_CASE("each of two has its own time") {
  auto of = fan_out(1);
  of.steps[0].call.timeouts.start_to_close = 10s;
  auto story = run_story{of};
  story.start();
  const auto first = story.take("a");
  story.advance(6s);
  const auto other = story.decide([](run_decision& it) {
    return it.speculate({0, 0, false}, "other");
  });
  REQUIRE(other);
  story.advance(4s);
  story.check_time();
  CHECK(story.history.back().dropped().claim() == first.claim);
  CHECK(story.history.back().dropped().error().kind() == "timeout");
  story.advance(6s);
  story.check_time();
  CHECK(story.state.status() == run_status::failed);
}

TEST_CASE("a second attempt is a sign of life of its own, and no progress") {
  auto of = fan_out(1);
  of.steps[0].call.timeouts.heartbeat = 10s;
  auto story = run_story{of};
  story.start();
  const auto first = story.take("a");
  const auto other = story.decide([](run_decision& it) {
    return it.speculate({0, 0, false}, "other");
  });
  REQUIRE(other);
  REQUIRE(story.decide(
    [&](run_decision& it) { return it.beat(first.task, first.claim, 90); }));
  story.advance(8s);
  REQUIRE(story.decide(
    [&](run_decision& it) { return it.beat(other->task, other->claim, 10); }));
  CHECK(story.state.find(first.task)->progress == 90);
  story.advance(4s);
  story.check_time();
  CHECK(story.history.back().dropped().claim() == first.claim);
  CHECK(story.state.is_held_under(other->task, other->claim));
}

TEST_CASE("only what the workflow says, and what runs, is begun twice") {
  auto of = fan_out(1);
  of.steps[0].speculate = false;
  auto plain = run_story{of};
  plain.start();
  static_cast<void>(plain.take("a"));
  CHECK_FALSE(may_speculate(plain.state, {0, 0, false}));
  CHECK_FALSE(may_speculate(plain.state, {0, 1, false}));
  auto story = begun_story{2};
  CHECK(may_speculate(story.state, {0, 0, false}));
  CHECK_FALSE(may_speculate(story.state, {0, 0, true}));
  REQUIRE(story.decide([](run_decision& it) { return it.pause("x"); }));
  CHECK_FALSE(may_speculate(story.state, {0, 0, false}));
  REQUIRE(story.decide([](run_decision& it) { return it.resume("x"); }));
  story.fail(story.claims[1]);
  CHECK_FALSE(may_speculate(story.state, {0, 0, false}));
}

TEST_CASE("workers that are lost with both attempts count as one loss") {
  auto story = begun_story{1};
  const auto other = story.second(0);
  for (const auto& claim : {other, story.claims[0]})
    REQUIRE(story.decide([&](run_decision& it) {
      return it.lose(claim.task, claim.claim, "gone");
    }));
  CHECK(story.work(0).lost == 1);
  CHECK(story.work(0).status == work_status::backing_off);
}
