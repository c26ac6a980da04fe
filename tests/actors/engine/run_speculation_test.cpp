#include "actors/engine/straggler.hpp"
#include "tests/actors/engine/ledger_fixture.hpp"
#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

namespace {

workflow fan_out() {
  auto of = make_workflow({{"a"}});
  auto& step = of.steps[0];
  step.foreach.emplace().items.written = {0, 1, 2, 3};
  step.foreach->parallel_max = 4;
  step.speculate = true;
  return of;
}

/// Worker 1 has four elements; it is done with three after two seconds.
struct speculation_fixture : ledger_fixture {
  static run_ledger_options options() {
    auto result = ledger_fixture::options();
    result.rebind_window = 5s;
    return result;
  }

  speculation_fixture() : ledger_fixture{options()} {}

  void welcome(std::uint64_t worker, const std::string& node,
               worker_labels labels = {}) {
    ledger.welcome(
      {worker, {"noop"}, std::nullopt, {}, node, std::move(labels)});
  }

  /// What worker 1 is slow at.
  assignment begin(workflow of = fan_out()) {
    welcome(1, "n1");
    REQUIRE(submit(std::move(of)));
    auto given = ledger.assign(1, 4);
    REQUIRE(given.size() == 4);
    advance(2s);
    for (auto i = std::size_t{0}; i < 3; ++i)
      succeed(given[i]);
    store();
    return given[3];
  }

  std::vector<called_off> called_off_of(std::uint64_t worker) {
    auto all = ledger.take_called_off();
    std::erase_if(all, [=](const auto& one) { return one.worker != worker; });
    return all;
  }
};

} // namespace

TEST_CASE_METHOD(speculation_fixture,
                 "what takes long is begun on another node as well") {
  const auto slow = begin();
  welcome(2, "n2");
  welcome(3, "n1");
  advance(1s);
  CHECK(ledger.assign(2, 1).empty());
  advance(1s);
  CHECK(ledger.assign(3, 1).empty()); // The same node.
  const auto given = ledger.assign(2, 1);
  REQUIRE(given.size() == 1);
  CHECK(given[0].claim.task == slow.claim.task);
  CHECK(given[0].claim.attempt == slow.claim.attempt);
  CHECK(given[0].claim.claim > slow.claim.claim);
  CHECK(given[0].claim.input == slow.claim.input);
  CHECK(given[0].may_begin);
  CHECK(ledger.assign(2, 1).empty());
  SECTION("and whoever is first, wins") {
    succeed(given[0]);
    const auto told = called_off_of(1);
    REQUIRE(told.size() == 1);
    CHECK(told[0].claim == slow.claim.claim);
    CHECK(told[0].attempt == slow.claim.attempt);
    store();
    CHECK(ledger.find(slow.run_id) == nullptr);
  }
  SECTION("and its end is stored before the other one is told") {
    succeed(given[0]);
    // Changes of a run that is done wait for its verdict.
    REQUIRE(ledger.take_finished().size() == 1);
    CHECK(ledger.take_changes().size() == 1);
    ledger.mark_stored();
  }
  SECTION("also if it is the first one") {
    succeed(slow);
    const auto told = called_off_of(2);
    REQUIRE(told.size() == 1);
    CHECK(told[0].claim == given[0].claim.claim);
  }
  SECTION("and a lost node loses its attempt only") {
    ledger.lose_worker(1, "gone");
    CHECK(ledger.find(slow.run_id)->find(slow.claim.task)->claim
          == given[0].claim.claim);
    CHECK(ledger.ready_tasks() == 0);
    succeed(given[0]);
  }
  SECTION("and a cancellation is told to both") {
    cancel(slow.run_id, false);
    CHECK(ledger.take_called_off().size() == 2);
  }
}

TEST_CASE_METHOD(speculation_fixture,
                 "what is done meanwhile is not begun a second time") {
  const auto slow = begin();
  welcome(2, "n2");
  advance(2s);
  CHECK(ledger.ready_tasks() == 1);
  SECTION("") {
    succeed(slow);
    CHECK(ledger.ready_tasks() == 0);
  }
  SECTION("nor what goes to another worker anyway") {
    ledger.lose_worker(1, "gone");
    CHECK(ledger.ready_tasks() == 1);
    CHECK(ledger.assign(2, 2).size() == 1);
  }
  SECTION("nor while the run is paused") {
    REQUIRE(ledger.decide(slow.run_id,
                          [](run_decision& it) { return it.pause("x"); }));
    CHECK(ledger.ready_tasks() == 0);
    REQUIRE(ledger.decide(slow.run_id,
                          [](run_decision& it) { return it.resume("x"); }));
    advance(1s);
    CHECK(ledger.ready_tasks() == 1);
  }
  SECTION("nor in a run that is being cancelled") {
    cancel(slow.run_id, false);
    CHECK(ledger.assign(2, 1).empty());
  }
}

TEST_CASE_METHOD(speculation_fixture,
                 "what begins anew after a failure is looked at, too") {
  auto of = fan_out();
  of.steps[0].call.retry.attempts = 2;
  const auto slow = begin(std::move(of));
  welcome(2, "n2");
  REQUIRE(ledger.report(
    slow.run_id, slow.claim.task, {1, slow.claim.claim}, [&](run_decision& it) {
      auto error = messages::TaskError{};
      error.set_message("broken");
      return it.fail(slow.claim.task, slow.claim.claim, std::move(error));
    }));
  auto again = std::vector<assignment>{};
  for (auto waits = 0; again.empty() && waits < 60; ++waits) {
    advance(1s);
    again = ledger.assign(1, 1);
  }
  REQUIRE(again.size() == 1);
  CHECK(again[0].claim.attempt == 2);
  CHECK(ledger.ready_tasks() == 0);
  for (auto i = 0; i < 5; ++i)
    advance(1s);
  CHECK(ledger.assign(2, 1).size() == 1);
}

TEST_CASE_METHOD(speculation_fixture,
                 "a second attempt has to have what the step asks for") {
  auto of = fan_out();
  of.steps[0].placement.emplace().exclude["zone"] = "us";
  static_cast<void>(begin(std::move(of)));
  welcome(2, "n2", {{"zone", "us"}});
  welcome(3, "n3");
  advance(2s);
  const auto report = ledger.queue_report();
  REQUIRE(report.placed_size() == 1);
  CHECK(report.placed(0).rules()
        == "not zone=us, a second attempt, not on node n1");
  CHECK(ledger.assign(2, 1).empty());
  CHECK(ledger.assign(3, 1).size() == 1);
}

TEST_CASE_METHOD(speculation_fixture,
                 "without another node the first attempt is the only one") {
  const auto slow = begin();
  advance(1min);
  CHECK(ledger.ready_tasks() == 0);
  welcome(2, "n1");
  advance(1s);
  CHECK(ledger.ready_tasks() == 0);
  welcome(3, "n3");
  advance(1s);
  CHECK(ledger.ready_tasks() == 1);
  ledger.lose_worker(3, "gone");
  const auto report = ledger.queue_report();
  REQUIRE(report.placed_size() == 1);
  CHECK(report.placed(0).reason() == "no other node may have it");
  succeed(slow);
}

TEST_CASE_METHOD(speculation_fixture,
                 "both attempts go on with the next engine") {
  const auto slow = begin();
  welcome(2, "n2");
  advance(2s);
  const auto given = ledger.assign(2, 1);
  REQUIRE(given.size() == 1);
  // As a store would: all that it has become.
  auto stored
    = run_state::from_snapshot(ledger.find(slow.run_id)->shared_definition(),
                               ledger.find(slow.run_id)->to_snapshot());
  REQUIRE(stored);
  auto from = sources();
  from.epoch = 2;
  auto next = run_ledger{options(), std::move(from)};
  next.set_time(now);
  next.restore(1, std::move(*stored));
  next.finish_recovery(1);
  CHECK(next.orphans() == 2);
  const auto name = [&](std::uint64_t worker, const assignment& work) {
    next.welcome({worker, {"noop"}, std::nullopt, {}, "n", {}});
    return next.rebind(worker, work.run_id, work.claim.task,
                       {1, work.claim.claim});
  };
  CHECK(name(2, given[0]));
  CHECK_FALSE(name(1, given[0]));
  const auto both_named = GENERATE(true, false);
  if (both_named)
    CHECK(name(1, slow));
  next.end_rebinding();
  next.check_time();
  CHECK(next.check() == std::vector<std::string>{});
  CHECK((next.find(slow.run_id)->backup_of(slow.claim.task) != nullptr)
        == both_named);
  CHECK(next.report(slow.run_id, slow.claim.task, {2, given[0].claim.claim},
                    [&](run_decision& it) {
                      return it.succeed(slow.claim.task, given[0].claim.claim,
                                        nullptr);
                    }));
  CHECK(next.take_called_off().size() == (both_named ? 1 : 0));
  CHECK(next.check() == std::vector<std::string>{});
  store();
}
