#include "actors/engine/run_validator.hpp"
#include "tests/actors/engine/ledger_fixture.hpp"
#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;
using runtime::problem_kind;

namespace {

workflow one_step() {
  return make_workflow({{"a", {}, 1, false, "noop"}});
}

run_ledger_options with_turns() {
  auto options = ledger_fixture::options();
  options.running_max = 1;
  return options;
}

struct timed_fixture : ledger_fixture {
  using ledger_fixture::ledger_fixture;

  /// A run that starts so much later.
  runtime::outcome<submitted_run> submit_in(std::chrono::milliseconds later,
                                            workflow of = one_step(),
                                            const std::string& key = {}) {
    auto request = run_request{};
    request.of = make_version(std::move(of));
    request.not_before = now + later;
    request.idempotency_key = key;
    return ledger.submit(request);
  }

  std::vector<messages::RunEvent> unstored(const submitted_run& run) {
    auto events = messages::RunEvents{};
    REQUIRE(events.ParseFromString(ledger.unstored(run.number)));
    return {events.events().begin(), events.events().end()};
  }

  /// A run as another engine would find it.
  static std::unique_ptr<run_state>
  fold(const run_state& of, const std::vector<messages::RunEvent>& history) {
    auto run = std::make_unique<run_state>(of.shared_definition());
    for (const auto& event : history)
      REQUIRE(run->apply(event));
    return run;
  }
};

struct turn_fixture : timed_fixture {
  turn_fixture() : timed_fixture{with_turns()} {}
};

} // namespace

TEST_CASE_METHOD(timed_fixture,
                 "a run starts at its instant, and begins before that is "
                 "stored") {
  const auto run = submit_in(2s);
  REQUIRE(run);
  store();
  CHECK(status_of(run->run_id) == run_status::pending);
  CHECK(ledger.next_check() == now + 2s);
  CHECK(ledger.ready_tasks() == 0);
  const auto reason = ledger.find(run->run_id)->waiting_on();
  REQUIRE(reason);
  CHECK(reason->what == waiting_reason::kind::timer);
  CHECK(reason->detail == "starts at 2023-11-14T22:13:22Z");
  CHECK(reason->next_check == now + 2s);
  advance(1'999ms);
  CHECK(pull().empty());
  advance(1ms);
  const auto given = pull();
  REQUIRE(given.size() == 1);
  CHECK(given[0].may_begin);
  CHECK(status_of(run->run_id) == run_status::running);
  succeed(given[0]);
  store();
  CHECK(ledger.size() == 0);
}

TEST_CASE_METHOD(timed_fixture,
                 "nobody works for a run that is not stored at its instant") {
  REQUIRE(submit_in(1s));
  advance(1s);
  const auto given = pull();
  REQUIRE(given.size() == 1);
  CHECK_FALSE(given[0].may_begin);
}

TEST_CASE_METHOD(timed_fixture,
                 "where others decide whether it starts, that is stored "
                 "first") {
  auto of = one_step();
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("one", {}).value();
  REQUIRE(submit_in(1s, of));
  store();
  advance(1s);
  const auto given = pull();
  REQUIRE(given.size() == 1);
  CHECK_FALSE(given[0].may_begin);
}

TEST_CASE_METHOD(timed_fixture,
                 "whether its key has room is asked when a run starts") {
  auto of = one_step();
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("one", {}).value();
  of.concurrency->on_conflict = conflict_policy::skip;
  const auto first = submit(of);
  const auto second = submit_in(1s, of);
  const auto third = submit_in(2s, of);
  REQUIRE((first && second && third));
  CHECK(submit(of).error().kind == problem_kind::conflict);
  store();
  advance(1s);
  CHECK(status_of(second->run_id) == run_status::cancelled);
  succeed(pull().at(0));
  store();
  advance(1s);
  CHECK(status_of(third->run_id) == run_status::running);
}

TEST_CASE_METHOD(timed_fixture, "an instant of the past is none") {
  const auto run = submit_in(-1s);
  CHECK(status_of(run->run_id) == run_status::running);
  CHECK(ledger.find(run->run_id)->submission().not_before() == 0);
  const auto far = submit_in(std::chrono::hours{24 * 4'000});
  REQUIRE_FALSE(far);
  CHECK(far.error().key == "not_before");
}

TEST_CASE_METHOD(timed_fixture, "the time of a run begins at its instant") {
  auto of = one_step();
  of.timeout = 5s;
  const auto run = submit_in(10s, std::move(of));
  CHECK(ledger.find(run->run_id)->timeout_at() == now + 15s);
}

TEST_CASE_METHOD(turn_fixture, "who waits for an instant takes nobody's turn") {
  const auto later = submit_in(2s);
  const auto first = submit(one_step());
  CHECK(status_of(first->run_id) == run_status::running);
  store();
  advance(2s);
  CHECK(status_of(later->run_id) == run_status::queued);
  succeed(pull().at(0));
  store();
  CHECK(status_of(later->run_id) == run_status::running);
}

TEST_CASE_METHOD(timed_fixture, "a run that is paused starts when it goes on") {
  const auto run = submit_in(2s);
  REQUIRE(ledger.decide(run->run_id,
                        [](run_decision& it) { return it.pause("ann"); }));
  CHECK_FALSE(ledger.next_check());
  advance(3s);
  CHECK(ledger.find(run->run_id)->is_pending());
  REQUIRE(ledger.decide(run->run_id,
                        [](run_decision& it) { return it.resume("ann"); }));
  advance(0s);
  CHECK(status_of(run->run_id) == run_status::running);
}

TEST_CASE_METHOD(timed_fixture,
                 "a restart before the instant changes nothing") {
  const auto run = submit_in(2s);
  const auto history = unstored(*run);
  const auto& state = *ledger.find(run->run_id);
  auto again = run_ledger{options(), sources()};
  again.set_time(now);
  again.restore(run->number, fold(state, history));
  again.finish_recovery(run->number);
  CHECK(again.find(run->run_id)->is_pending());
  CHECK(again.next_check() == now + 2s);
  CHECK(again.check() == std::vector<std::string>{});
  auto late = run_ledger{options(), sources()};
  late.set_time(now + 1h);
  late.restore(run->number, fold(state, history));
  late.finish_recovery(run->number);
  CHECK(late.find(run->run_id)->has_started());
}

TEST_CASE_METHOD(timed_fixture,
                 "who was not there in time withdraws the run instead") {
  auto request = run_request{};
  request.of = make_version(one_step());
  request.not_before = now + 2s;
  request.not_after = now + 12s;
  const auto run = ledger.submit(request);
  REQUIRE(run);
  const auto history = unstored(*run);
  const auto& state = *ledger.find(run->run_id);
  auto in_time = run_ledger{options(), sources()};
  in_time.set_time(now + 12s);
  in_time.restore(run->number, fold(state, history));
  in_time.finish_recovery(run->number);
  CHECK(in_time.find(run->run_id)->has_started());
  CHECK(in_time.take_withdrawn().empty());
  auto late = run_ledger{options(), sources()};
  late.set_time(now + 12s + 1us);
  late.restore(run->number, fold(state, history));
  late.finish_recovery(run->number);
  CHECK(late.find(run->run_id)->is_withdrawn());
  CHECK(late.find(run->run_id)->status() == run_status::cancelled);
  CHECK(late.take_withdrawn() == std::vector{run->number});
}

TEST_CASE_METHOD(timed_fixture,
                 "a run that is taken back leaves its key to another one") {
  const auto run = submit_in(2s, one_step(), "s@1");
  store();
  CHECK(ledger.withdraw("s@2", "s", "why").error().kind
        == problem_kind::not_found);
  REQUIRE(ledger.withdraw("s@1", "schedule s", "paused") == run->number);
  CHECK(ledger.take_withdrawn() == std::vector{run->number});
  CHECK(status_of(run->run_id) == run_status::cancelled);
  CHECK(ledger.find(run->run_id)->reason()
        == "withdrawn by schedule s: paused");
  // Until that is stored, nobody else may have the key.
  CHECK(submit_in(2s, one_step(), "s@1")->is_known);
  CHECK(ledger.withdraw("s@1", "schedule s", "paused") == run->number);
  store();
  const auto next = submit_in(2s, one_step(), "s@1");
  REQUIRE(next);
  CHECK_FALSE(next->is_known);
  CHECK(next->run_id != run->run_id);
  advance(2s);
  CHECK(ledger.withdraw("s@1", "s", "why").error().kind
        == problem_kind::conflict);
  CHECK(pull().size() == 1);
}

TEST_CASE_METHOD(timed_fixture, "what is due comes in pieces, if wanted") {
  for (auto i = 0; i < 3; ++i)
    REQUIRE(submit_in(1s));
  store();
  now += 1s;
  ledger.set_time(now);
  CHECK(ledger.check_time(2));
  CHECK(ledger.ready_tasks() == 2);
  CHECK_FALSE(ledger.check_time(2));
  CHECK(ledger.ready_tasks() == 3);
}

TEST_CASE_METHOD(timed_fixture, "the validator objects to an early start") {
  const auto run = submit_in(1s);
  advance(1s);
  succeed(pull().at(0));
  auto history = unstored(*run);
  const auto& of = ledger.find(run->run_id)->definition();
  CHECK(find_objections(of, history).empty());
  history[0].mutable_submitted()->set_not_before(
    runtime::to_microseconds(now + 1us));
  REQUIRE(find_objections(of, history).size() == 1);
  CHECK(find_objections(of, history)[0] == "it started before its time");
}

TEST_CASE_METHOD(ledger_fixture,
                 "what is answered at once goes beyond the credit of a "
                 "worker") {
  for (auto i = 0; i < 3; ++i)
    REQUIRE(submit(one_step()));
  REQUIRE(submit(make_workflow({{"a", {}, 1, false, "slow"}})));
  ledger.welcome({1, {"noop", "slow"}, std::nullopt, {"noop"}});
  CHECK(ledger.assign(1, 0, 2).size() == 2);
  const auto given = ledger.assign(1, 1);
  REQUIRE(given.size() == 2);
  for (const auto& each : given)
    CHECK(each.takes_credit == (each.activity == "slow"));
  CHECK(ledger.assign(1, 0).empty());
}
