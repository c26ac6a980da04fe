#include "actors/engine/run_ledger.hpp"
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

int count_of(const std::string& bytes) {
  auto events = messages::RunEvents{};
  REQUIRE(events.ParseFromString(bytes));
  return events.events_size();
}

workflow one_step(const std::string& activity = "noop") {
  return make_workflow({{"a", {}, 1, false, activity}});
}

workflow with_key(std::uint32_t limit, conflict_policy policy) {
  auto of = one_step();
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("k", {}).value();
  of.concurrency->limit = limit;
  of.concurrency->on_conflict = policy;
  return of;
}

workflow starts_child() {
  auto of = one_step("workflow");
  of.steps[0].call.with.written["id"] = "child";
  return of;
}

} // namespace

TEST_CASE_METHOD(ledger_fixture, "runs beyond the bound are refused") {
  for (auto i = 0; i < 5; ++i)
    REQUIRE(submit(one_step()));
  const auto refused = submit(one_step());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK(refused.error().hint.starts_with("try again in "));
  for (const auto& work : pull())
    succeed(work);
  store();
  CHECK(ledger.size() == 0);
  CHECK(submit(one_step()));
}

TEST_CASE_METHOD(ledger_fixture,
                 "a key lets in as many as its limit, in turn") {
  const auto first = submit(with_key(1, conflict_policy::queue));
  const auto second = submit(with_key(1, conflict_policy::queue));
  // A limit that has grown lets those in first who wait.
  const auto third = submit(with_key(2, conflict_policy::queue));
  CHECK(status_of(first->run_id) == run_status::running);
  CHECK(status_of(second->run_id) == run_status::running);
  CHECK(status_of(third->run_id) == run_status::queued);
  CHECK(ledger.find(third->run_id)->waiting_on()->what
        == waiting_reason::kind::slot);
  succeed(pull(1).front());
  store();
  CHECK(status_of(third->run_id) == run_status::running);
}

TEST_CASE_METHOD(ledger_fixture, "a conflict goes as its policy says") {
  const auto first = submit(with_key(1, conflict_policy::queue));
  SECTION("skip") {
    CHECK(submit(with_key(1, conflict_policy::skip)).error().kind
          == problem_kind::conflict);
  }
  SECTION("cancel_new") {
    const auto second = submit(with_key(1, conflict_policy::cancel_new));
    CHECK(status_of(second->run_id) == run_status::cancelled);
    CHECK(status_of(first->run_id) == run_status::running);
  }
  SECTION("cancel_running") {
    const auto second = submit(with_key(1, conflict_policy::cancel_running));
    CHECK(status_of(first->run_id) == run_status::cancelled);
    CHECK(status_of(second->run_id) == run_status::running);
  }
}

TEST_CASE_METHOD(ledger_fixture, "a child ends with the wait for it") {
  child = make_version(one_step("noop"));
  const auto parent = submit(starts_child());
  REQUIRE(parent);
  const auto work = pull();
  REQUIRE(work.size() == 1);
  const auto child_id = work[0].run_id;
  CHECK(ledger.find(child_id)->submission().depth() == 1);
  SECTION("well") {
    succeed(work[0]);
    store();
    store();
    CHECK(ledger.size() == 0);
  }
  SECTION("because its parent is terminated") {
    cancel(parent->run_id, true);
    CHECK(status_of(child_id) == run_status::cancelled);
    const auto called_off = ledger.take_called_off();
    REQUIRE(called_off.size() == 1);
    CHECK(called_off[0].run_id == child_id);
  }
  SECTION("because its parent is cancelled, with a grace") {
    cancel(parent->run_id, false);
    CHECK(ledger.find(child_id)->is_cancelling());
    CHECK(status_of(child_id) == run_status::running);
    advance(30s);
    CHECK(status_of(child_id) == run_status::cancelled);
  }
}

TEST_CASE_METHOD(ledger_fixture,
                 "a workflow that starts itself comes to an end") {
  child = make_version(starts_child());
  const auto parent = submit(starts_child());
  REQUIRE(parent);
  CHECK(status_of(parent->run_id) == run_status::failed);
  CHECK(ledger.find(parent->run_id)->reason().find("child_failed")
        != std::string::npos);
  CHECK(ledger.size() == 3);
}

TEST_CASE_METHOD(ledger_fixture, "a deadline is said to be near, then missed") {
  auto of = one_step("signal");
  of.steps[0].call.with.written = {{"name", "go"}};
  of.deadline.emplace();
  of.deadline->zone = "UTC";
  const auto day = std::chrono::floor<std::chrono::days>(now);
  // In 100 minutes.
  of.deadline->time_of_day
    = std::chrono::floor<std::chrono::seconds>(now - day + 100min);
  const auto run = submit(of);
  REQUIRE(run);
  const auto& state = *ledger.find(run->number);
  const auto said = [&] { return state.said_of_deadline(); };
  advance(79min);
  CHECK(said() == deadline_notice::none);
  CHECK(ledger.take_deadline_notices().empty());
  using notices = std::vector<std::pair<run_number, deadline_notice>>;
  SECTION("in time") {
    advance(1min);
    CHECK(said() == deadline_notice::near);
    CHECK(ledger.take_deadline_notices()
          == notices{{run->number, deadline_notice::near}});
    advance(19min);
    CHECK(ledger.take_deadline_notices().empty());
    advance(1min);
    CHECK(said() == deadline_notice::missed);
    CHECK(ledger.take_deadline_notices()
          == notices{{run->number, deadline_notice::missed}});
    // Nothing more is to be said, and it goes on.
    CHECK_FALSE(ledger.next_check());
    CHECK(state.status() == run_status::waiting);
  }
  SECTION("by somebody who looks late") {
    advance(3h);
    CHECK(ledger.take_deadline_notices()
          == notices{{run->number, deadline_notice::missed}});
  }
  SECTION("not of a run that is over") {
    cancel(run->run_id, true);
    advance(3h);
    CHECK(said() == deadline_notice::none);
    CHECK(ledger.take_deadline_notices().empty());
  }
}

TEST_CASE_METHOD(ledger_fixture, "a long history has snapshots now and then") {
  auto of = one_step();
  of.steps[0].foreach.emplace().items.written = nlohmann::json(500, 1);
  REQUIRE(submit(of));
  auto snapshots = 0;
  auto events = 0;
  while (ledger.ready_tasks() != 0) {
    for (const auto& work : pull(10))
      succeed(work);
    for (const auto number : ledger.take_finished())
      REQUIRE(ledger.decide(ledger.find(number)->submission().run_id(),
                            [](run_decision& it) { return it.conclude(""); }));
    for (const auto& change : ledger.take_changes()) {
      events += count_of(*change.events);
      snapshots += change.snapshot == snapshot_change::store ? 1 : 0;
      if (is_over(ledger.find(change.number)->status()))
        CHECK(change.snapshot == snapshot_change::drop);
    }
    ledger.mark_stored();
  }
  // Not every 200 events: there are 500 tasks in each.
  CHECK(events > 1'500);
  CHECK(snapshots >= 2);
  CHECK(snapshots <= events / 500);
  store();
}

TEST_CASE_METHOD(ledger_fixture, "heartbeats leave one timer") {
  auto of = one_step();
  of.steps[0].call.timeouts.heartbeat = 10s;
  REQUIRE(submit(of));
  const auto work = pull().front();
  for (auto i = 0; i < 100; ++i) {
    advance(1s);
    REQUIRE(ledger.beat(work.run_id, work.claim.task, {1, work.claim.claim},
                        nullptr));
  }
  CHECK(ledger.next_check() == now + 10s);
  advance(10s);
  CHECK(status_of(work.run_id) == run_status::failed);
  CHECK_FALSE(ledger.next_check());
}

TEST_CASE_METHOD(ledger_fixture, "the end of a run is told once it is stored") {
  const auto run = submit(one_step());
  REQUIRE(ledger.take_changes().size() == 1);
  const auto work = pull().front();
  CHECK_FALSE(work.may_begin); // Its run is on its way to the store.
  succeed(work);
  REQUIRE(ledger.take_finished().size() == 1);
  // Claimed, begun, succeeded; submitted and so on are on their way.
  CHECK(count_of(ledger.unstored(run->number)) == 6);
  ledger.mark_stored();
  CHECK(count_of(ledger.unstored(run->number)) == 3);
  CHECK(ledger.take_changes().empty());
  REQUIRE(ledger.decide(run->run_id,
                        [](run_decision& it) { return it.conclude(""); }));
  CHECK(ledger.take_ended().empty());
  const auto changes = ledger.take_changes();
  REQUIRE(changes.size() == 1);
  CHECK(count_of(*changes[0].events) == 4);
  CHECK(ledger.take_ended().empty());
  ledger.mark_stored();
  CHECK(ledger.take_ended().size() == 1);
}

TEST_CASE_METHOD(ledger_fixture, "work begins early if only the claim is new") {
  const auto run = submit(make_workflow({{"a"}, {"b"}, {"c", {"a"}}}));
  static_cast<void>(ledger.take_changes());
  ledger.mark_stored();
  const auto first = pull(1);
  CHECK(first.at(0).may_begin);
  succeed(first[0]);
  // b was ready before; c is because of what nobody has stored.
  const auto others = pull();
  REQUIRE(others.size() == 2);
  CHECK(others[0].may_begin);
  CHECK_FALSE(others[1].may_begin);
}

TEST_CASE_METHOD(ledger_fixture, "what somebody waits for is not held back") {
  const auto run = submit(one_step());
  succeed(pull().front());
  REQUIRE(ledger.take_finished().size() == 1);
  // Who submitted it is told with these changes, so that it has to be in them.
  CHECK(ledger.take_changes().size() == 1);
}

TEST_CASE_METHOD(ledger_fixture, "a run without a verdict is stored at last") {
  const auto run = submit(one_step());
  static_cast<void>(ledger.take_changes());
  succeed(pull().front());
  REQUIRE(ledger.take_finished().size() == 1);
  CHECK(ledger.take_changes().empty());
  SECTION("because nobody can say") {
    ledger.stop_waiting(run->number);
  }
  SECTION("because somebody pauses it") {
    REQUIRE(ledger.decide(run->run_id,
                          [](run_decision& it) { return it.pause("me"); }));
  }
  CHECK(ledger.take_changes().size() == 1);
}

TEST_CASE_METHOD(ledger_fixture, "a run that was retried has its time again") {
  auto of = one_step();
  of.timeout = 1h;
  const auto run = submit(of);
  advance(30min);
  const auto work = pull().front();
  REQUIRE(ledger.report(
    run->run_id, work.claim.task, {1, work.claim.claim}, [&](run_decision& it) {
      auto error = messages::TaskError{};
      error.set_kind("broken");
      return it.fail(work.claim.task, work.claim.claim, error);
    }));
  CHECK(status_of(run->run_id) == run_status::failed);
  CHECK_FALSE(ledger.next_check());
  advance(5h);
  REQUIRE(ledger.decide(run->run_id,
                        [](run_decision& it) { return it.retry(0, "me"); }));
  CHECK(ledger.next_check() == now + 30min);
  advance(29min);
  CHECK(status_of(run->run_id) == run_status::running);
  advance(1min);
  CHECK(status_of(run->run_id) == run_status::failed);
}

TEST_CASE_METHOD(ledger_fixture, "who waits in a paused run begins after it") {
  const auto run = submit(make_workflow({{"a"}, {"b", {"a"}}}));
  const auto work = pull().front();
  REQUIRE(ledger.decide(run->run_id,
                        [](run_decision& it) { return it.pause("me"); }));
  succeed(work);
  CHECK(pull().empty());
  REQUIRE(ledger.decide(run->run_id,
                        [](run_decision& it) { return it.resume("me"); }));
  CHECK(pull().size() == 1);
}

TEST_CASE_METHOD(ledger_fixture, "workers get what they have room for") {
  room.emplace();
  room->cpu_thousandths = 2'000;
  room->memory_bytes = 100;
  room->custom["gpu"] = 3;
  auto changed = make_workflow({{"a"}, {"b"}, {"c"}, {"d"}});
  for (auto& step : changed.steps) {
    step.resources.memory_bytes = 30;
    step.resources.custom["gpu"] = 1;
  }
  REQUIRE(submit(changed));
  auto works = pull();
  REQUIRE(works.size() == 3);
  CHECK(pull().empty());
  CHECK(ledger.check().empty());
  // What one gives back, the next one gets.
  succeed(works[0]);
  CHECK(pull().size() == 1);
  ledger.lose_worker(1, "gone");
  CHECK(pull(10, 2).size() == 3);
}

TEST_CASE_METHOD(ledger_fixture,
                 "more processors than there are is all of them") {
  auto changed = make_workflow({{"a"}, {"b"}});
  changed.steps[0].resources.cpu_thousandths = 64'000;
  changed.steps[1].resources.cpu_thousandths = 500;
  // In line before anybody knows what workers have.
  REQUIRE(submit(changed));
  room.emplace();
  room->cpu_thousandths = 1'000;
  const auto first = pull();
  REQUIRE(first.size() == 1);
  CHECK(first[0].step_id == "a");
  succeed(first[0]);
  CHECK(pull().at(0).step_id == "b");
}

TEST_CASE_METHOD(ledger_fixture,
                 "more processors than a worker has left are all that it has") {
  auto large = step_resources{};
  large.cpu_thousandths = 16'000;
  auto small = step_resources{};
  small.cpu_thousandths = 8'000;
  auto changed = one_step();
  changed.steps[0].resources.cpu_thousandths = 16'000;
  ledger.welcome({1, {"noop"}, large});
  ledger.welcome({2, {"noop"}, small});
  SECTION("the largest is gone") {
    REQUIRE(submit(changed));
    ledger.lose_worker(1, "gone");
    CHECK(ledger.assign(2, 1).size() == 1);
  }
  SECTION("those that are larger cannot do it") {
    ledger.welcome({1, {"http"}, large});
    REQUIRE(submit(changed));
    CHECK(ledger.assign(1, 1).empty());
    CHECK(ledger.assign(2, 1).size() == 1);
    // It has all of them.
    REQUIRE(submit(changed));
    CHECK(ledger.assign(2, 1).empty());
  }
}

TEST_CASE_METHOD(ledger_fixture, "what no worker has is refused") {
  room.emplace();
  room->memory_bytes = 100;
  CHECK(pull().empty());
  const auto refusal_of = [&](const step_resources& needed) {
    auto changed = one_step();
    changed.steps[0].resources = needed;
    const auto refused = submit(changed);
    return refused ? runtime::problem{} : refused.error();
  };
  auto needed = step_resources{};
  needed.memory_bytes = 101;
  CHECK(refusal_of(needed).key == "steps.a.resources.memory");
  CHECK(refusal_of(needed).kind == problem_kind::invalid_input);
  needed.memory_bytes = 100;
  CHECK(refusal_of(needed).message.empty());
  needed.custom["gpu"] = 1;
  CHECK(refusal_of(needed).key == "steps.a.resources.gpu");
}

TEST_CASE_METHOD(ledger_fixture, "a history tells on which node a step ran") {
  REQUIRE(submit(make_workflow({{"a"}})));
  ledger.welcome({7, {"noop"}, std::nullopt, {}, "w1"});
  REQUIRE(ledger.assign(7, 1, 10).size() == 1);
  const auto report = ledger.queue_report();
  REQUIRE(report.workers_size() == 1);
  CHECK(report.workers(0).node() == "w1");
  auto claimed_by = std::string{};
  for (const auto& change : ledger.take_changes()) {
    auto events = messages::RunEvents{};
    REQUIRE(events.ParseFromString(*change.events));
    for (const auto& event : events.events())
      if (event.has_claimed())
        claimed_by = event.claimed().worker();
  }
  CHECK(claimed_by == "node w1");
}

TEST_CASE_METHOD(ledger_fixture,
                 "a step for more processors than there are takes the largest "
                 "worker") {
  const auto room_of = [](std::uint32_t cpus) {
    auto result = step_resources{};
    result.cpu_thousandths = cpus * 1'000;
    return result;
  };
  ledger.welcome({1, {"noop"}, room_of(4)});
  ledger.welcome({2, {"noop"}, room_of(8)});
  ledger.welcome({3, {"other"}, room_of(64)}); // It cannot do it.
  auto of = make_workflow({{"a"}});
  of.steps[0].resources.cpu_thousandths = 16'000;
  REQUIRE(submit(of));
  REQUIRE(submit(of));
  CHECK(ledger.assign(1, 10).empty());
  const auto given = ledger.assign(2, 10);
  REQUIRE(given.size() == 1); // That is all it has.
  SECTION("and waits while that is busy") {
    CHECK(ledger.assign(1, 10).empty());
    succeed(given.front());
    CHECK(ledger.assign(2, 10).size() == 1);
  }
  SECTION("but not for one that drains") {
    ledger.hold_worker(2, true);
    CHECK(ledger.assign(1, 10).size() == 1);
  }
  SECTION("but not for one that is gone") {
    ledger.lose_worker(2, "it is gone");
    CHECK(ledger.assign(1, 10).size() == 1);
  }
}
