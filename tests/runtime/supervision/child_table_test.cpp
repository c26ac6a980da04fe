#include "runtime/supervision/child_table.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

using step = supervision_step;
using kind = supervision_step::kind;
using child_state = child_table::child_state;

constexpr auto start(std::size_t child) {
  return step{kind::start, child};
}

constexpr auto stop(std::size_t child) {
  return step{kind::stop, child};
}

constexpr auto kill(std::size_t child) {
  return step{kind::kill, child};
}

constexpr auto finish = step{kind::finish, 0};

/// Three children without delays, and a clock moved by hand.
struct fixture {
  supervision_rules rules = make_rules();
  std::vector<child_rules> children{{"a"}, {"b"}, {"c"}};
  std::optional<child_table> table;
  child_table::time_point now{};

  static supervision_rules make_rules() {
    auto result = supervision_rules{};
    result.delay = {0ms, 0ms};
    result.intensity = {10, 10s};
    return result;
  }

  std::vector<step> begin() {
    table.emplace(rules, children);
    return steps();
  }

  std::vector<step> steps() {
    auto result = std::vector<step>{};
    while (const auto next = table->next(now)) {
      result.push_back(*next);
      if (*next == finish)
        break;
    }
    return result;
  }

  std::vector<step> fail(std::size_t child) {
    table->ended(child, exit_kind::failed, "crash", now);
    return steps();
  }

  std::vector<step> end_clean(std::size_t child) {
    table->ended(child, exit_kind::clean, "", now);
    return steps();
  }

  std::vector<step> shut_down() {
    table->shut_down();
    return steps();
  }

  child_state state(std::size_t child) const {
    return table->children()[child].state;
  }
};

using plan = std::vector<step>;

} // namespace

TEST_CASE_METHOD(fixture, "children start from left to right") {
  CHECK(begin() == plan{start(0), start(1), start(2)});
  CHECK_FALSE(table->next_deadline());
}

TEST_CASE_METHOD(fixture, "one_for_one restarts the failed child only") {
  begin();
  CHECK(fail(1) == plan{start(1)});
  CHECK(table->children()[1].restarts == 1);
  CHECK(table->children()[1].last_error == "crash");
}

TEST_CASE_METHOD(fixture, "one_for_all stops in reverse, then starts all") {
  rules.strategy = restart_strategy::one_for_all;
  begin();
  CHECK(fail(1) == plan{stop(2)});
  CHECK(end_clean(2) == plan{stop(0)});
  CHECK(end_clean(0) == plan{start(0), start(1), start(2)});
}

TEST_CASE_METHOD(fixture, "rest_for_one spares those on the left") {
  rules.strategy = restart_strategy::rest_for_one;
  begin();
  CHECK(fail(1) == plan{stop(2)});
  CHECK(end_clean(2) == plan{start(1), start(2)});
  CHECK(fail(2) == plan{start(2)});
}

TEST_CASE_METHOD(fixture, "a sibling that dies while others stop is not a "
                          "failure of its own") {
  rules.strategy = restart_strategy::one_for_all;
  rules.intensity = {1, 10s};
  begin();
  CHECK(fail(1) == plan{stop(2)});
  CHECK(fail(0).empty());
  CHECK(fail(2) == plan{start(0), start(1), start(2)});
  CHECK_FALSE(table->escalation());
}

TEST_CASE_METHOD(fixture, "a failure outside the restarted group widens it") {
  rules.strategy = restart_strategy::rest_for_one;
  begin();
  CHECK(fail(1) == plan{stop(2)});
  CHECK(fail(0).empty());
  CHECK(end_clean(2) == plan{start(0), start(1), start(2)});
}

TEST_CASE_METHOD(fixture, "temporary siblings are stopped but not restarted") {
  rules.strategy = restart_strategy::one_for_all;
  children[2].restart = restart_kind::temporary;
  begin();
  CHECK(fail(0) == plan{stop(2)});
  CHECK(end_clean(2) == plan{stop(1)});
  CHECK(end_clean(1) == plan{start(0), start(1)});
  CHECK(state(2) == child_state::stopped);
}

TEST_CASE_METHOD(fixture, "a child that is done stays done") {
  rules.strategy = restart_strategy::one_for_all;
  children[1].restart = restart_kind::transient;
  begin();
  CHECK(end_clean(1).empty());
  CHECK(fail(0) == plan{stop(2)});
  CHECK(end_clean(2) == plan{start(0), start(2)});
  CHECK(state(1) == child_state::stopped);
}

TEST_CASE_METHOD(fixture, "restarts wait for their delay") {
  rules.delay = {1s, 1s};
  begin();
  CHECK(fail(1).empty());
  const auto due = table->next_deadline();
  REQUIRE(due);
  CHECK(*due > now);
  CHECK(*due <= now + 1s);
  now = *due - 1ns;
  CHECK(steps().empty());
  now = *due;
  CHECK(steps() == plan{start(1)});
}

TEST_CASE_METHOD(fixture, "delays grow while a child keeps failing") {
  rules.delay = {1s, 1h};
  rules.intensity = {100, 1s};
  begin();
  auto longest = 0ns;
  for (int i = 0; i < 10; ++i) {
    fail(1);
    longest = std::max<std::chrono::nanoseconds>(
      longest, table->next_deadline().value() - now);
    now = table->next_deadline().value();
    steps();
  }
  CHECK(longest > 10s);

  now += 1s; // It has run well for a whole period.
  fail(1);
  CHECK(table->next_deadline().value() - now <= 1s);
}

TEST_CASE_METHOD(fixture, "one failure too many stops everybody") {
  rules.intensity = {1, 10s};
  begin();
  fail(1);
  CHECK(fail(1) == plan{stop(2)});
  CHECK(end_clean(2) == plan{stop(0)});
  CHECK(end_clean(0) == plan{finish});
  CHECK(table->escalation() == "b: crash");
}

TEST_CASE_METHOD(fixture, "a shutdown stops in reverse and starts nobody") {
  begin();
  CHECK(shut_down() == plan{stop(2)});
  CHECK(fail(1).empty()); // Dies before it is its turn.
  CHECK(end_clean(2) == plan{stop(0)});
  CHECK(end_clean(0) == plan{finish});
  CHECK_FALSE(table->escalation());
}

TEST_CASE_METHOD(fixture, "a shutdown cancels pending restarts") {
  rules.delay = {1h, 1h};
  begin();
  fail(0);
  shut_down();
  end_clean(2);
  CHECK(end_clean(1) == plan{finish});
  CHECK_FALSE(table->next_deadline());
}

TEST_CASE_METHOD(fixture, "a late child is killed, then given up") {
  children[2].shutdown = 5s;
  begin();
  shut_down();
  CHECK(table->next_deadline() == now + 5s);
  now += 5s;
  CHECK(steps() == plan{kill(2)});
  CHECK(table->killed() == std::vector<std::string>{"c"});
  now += child_table::kill_grace;
  CHECK(steps() == plan{stop(1)});
  CHECK(state(2) == child_state::stopped);
  CHECK(table->children()[2].last_error == "cannot be killed");
}

TEST_CASE_METHOD(fixture, "a supervisor without children finishes at once") {
  children.clear();
  CHECK(begin().empty());
  CHECK(shut_down() == plan{finish});
}

TEST_CASE_METHOD(fixture, "a table under random events always comes to rest") {
  const auto strategy
    = GENERATE(restart_strategy::one_for_one, restart_strategy::one_for_all,
               restart_strategy::rest_for_one);
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    auto random = std::mt19937{seed};
    const auto draw = [&](std::uint32_t n) {
      return static_cast<std::uint32_t>(random() % n);
    };
    rules.strategy = strategy;
    rules.intensity = {1 + draw(20), 10s};
    rules.delay = {std::chrono::milliseconds{draw(100)}, 1s};
    for (auto& child : children)
      child.restart = static_cast<restart_kind>(draw(3));
    begin();
    for (int i = 0; i < 200; ++i) {
      if (draw(4) == 0)
        now += std::chrono::milliseconds{draw(500)};
      if (draw(100) == 0)
        table->shut_down();
      table->ended(draw(3), static_cast<exit_kind>(draw(2)), "", now);
      steps();
      // Whoever does not run waits for an instant that will come.
      auto stopping = 0;
      for (const auto& child : table->children()) {
        stopping += child.state == child_state::stopping;
        if (child.state == child_state::waiting)
          REQUIRE(table->next_deadline());
      }
      REQUIRE(stopping <= 1);
    }
    table->shut_down();
    auto last = steps();
    for (int i = 0; i < 10 && (last.empty() || last.back() != finish); ++i) {
      now = table->next_deadline().value();
      last = steps();
    }
    REQUIRE(!last.empty());
    REQUIRE(last.back() == finish);
    for (const auto& child : table->children())
      REQUIRE(child.state == child_state::stopped);
  }
}
