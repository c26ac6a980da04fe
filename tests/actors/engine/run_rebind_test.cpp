#include "actors/engine/run_ledger.hpp"
#include "tests/actors/engine/run_story.hpp"
#include "tests/simulation/change_events.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

namespace {

workflow one_step() {
  return make_workflow({{"a"}});
}

workflow behind(const std::string& guard) {
  auto of = one_step();
  of.steps[0].call.guard = guard;
  return of;
}

/// Engines one after another, and what they have stored.
struct restarting_ledger {
  struct stored_run {
    std::shared_ptr<const workflow> definition;
    std::vector<messages::RunEvent> history;
  };

  instant now{1'700'000'000s};
  int ids = 0;
  std::uint64_t epoch = 0;
  run_ledger_options options;
  std::map<run_number, stored_run> stored;
  std::unique_ptr<run_ledger> ledger;

  restarting_ledger() {
    options.rebind_window = 5s;
    options.guards["one"].bulkhead.emplace().concurrent_max = 1;
    options.guards["slow"].rate = runtime::rate_limit_options{1, 1h, 1};
    start();
  }

  ~restarting_ledger() {
    CHECK(ledger->check() == std::vector<std::string>{});
  }

  /// The engine that was there is gone, with what it has not stored.
  void start() {
    auto from = run_ledger::sources{};
    from.epoch = ++epoch;
    from.draw = [] { return std::uint64_t{0}; };
    from.new_id = [this] { return "r" + std::to_string(++ids); };
    from.definition = [](const std::string&) { return pinned_workflow{}; };
    ledger = std::make_unique<run_ledger>(options, std::move(from));
    ledger->set_time(now);
    for (const auto& [number, run] : stored) {
      auto state = std::make_unique<run_state>(run.definition);
      for (const auto& event : run.history)
        REQUIRE(state->apply(event));
      if (!is_over(state->status()))
        ledger->restore(number, std::move(state));
    }
    ledger->finish_recovery(static_cast<run_number>(stored.size()));
    CHECK(ledger->check() == std::vector<std::string>{});
  }

  std::string submit(workflow of) {
    auto request = run_request{};
    request.of = make_version(std::move(of));
    const auto done = ledger->submit(request);
    REQUIRE(done);
    stored[done->number].definition = request.of.definition;
    return done->run_id;
  }

  void store() {
    for (const auto number : ledger->take_finished())
      REQUIRE(ledger->decide(ledger->find(number)->submission().run_id(),
                             [](run_decision& it) { return it.conclude(""); }));
    for (const auto& change : ledger->take_changes())
      for (auto& event : events_in(*change.events))
        stored.at(change.number).history.push_back(std::move(event));
    ledger->mark_stored();
    for (const auto number : ledger->take_ended())
      ledger->forget(number);
  }

  void advance(std::chrono::milliseconds by) {
    now += by;
    ledger->set_time(now);
    ledger->check_time();
  }

  std::vector<assignment> pull(std::uint64_t worker = 1,
                               std::optional<step_resources> room = {}) {
    ledger->welcome({worker, {"noop"}, std::move(room)});
    return ledger->assign(worker, 10);
  }

  /// The work of a run of that workflow, given out and stored.
  assignment begin(workflow of, std::uint64_t worker = 1) {
    submit(std::move(of));
    auto given = pull(worker);
    REQUIRE(given.size() == 1);
    store();
    return given.front();
  }

  bool rebind(const assignment& work, std::uint64_t worker,
              std::uint64_t claimed_in = 1) {
    ledger->welcome({worker, {"noop"}, std::nullopt});
    return ledger->rebind(worker, work.run_id, work.claim.task,
                          {claimed_in, work.claim.claim});
  }

  bool succeed(const assignment& work, std::uint64_t in) {
    return ledger
      ->report(work.run_id, work.claim.task, {in, work.claim.claim},
               [&](run_decision& it) {
                 return it.succeed(work.claim.task, work.claim.claim, nullptr);
               })
      .has_value();
  }

  void cancel(const assignment& work, bool terminate) {
    auto request = messages::RunCancelRequested{};
    request.set_terminate(terminate);
    request.set_stop_at(runtime::to_microseconds(now + 2s));
    REQUIRE(ledger->decide(work.run_id, [&](run_decision& it) {
      return it.cancel(request);
    }));
  }

  [[nodiscard]] work_status status_of(const assignment& work) const {
    return ledger->find(work.run_id)->find(work.claim.task)->status;
  }

  [[nodiscard]] std::size_t under_way(const std::string& guard) {
    for (const auto& each : ledger->guards())
      if (each.guard == guard)
        return each.inside.running;
    return 0;
  }
};

} // namespace

TEST_CASE_METHOD(restarting_ledger,
                 "work goes on with the worker that names it, as one attempt") {
  const auto work = begin(one_step());
  start();
  CHECK(ledger->orphans() == 1);
  CHECK(status_of(work) == work_status::running);
  CHECK(ledger->ready_tasks() == 0);
  store(); // Nothing is decided about it.
  CHECK(rebind(work, 7));
  CHECK(ledger->orphans() == 0);
  CHECK(ledger->take_changes().empty());
  CHECK(pull(8).empty());
  CHECK_FALSE(succeed(work, 1));
  CHECK(succeed(work, 2));
  CHECK_FALSE(succeed(work, 2));
  const auto& task = ledger->find(work.run_id)->steps()[0].tasks[0];
  CHECK(task.attempts == 1);
  CHECK(task.lost == 0);
  store();
  CHECK(ledger->size() == 0);
}

TEST_CASE_METHOD(restarting_ledger, "work that nobody names in time is lost") {
  const auto work = begin(one_step());
  start();
  CHECK(ledger->next_check() == now + 5s);
  advance(4'999ms);
  CHECK(status_of(work) == work_status::running);
  advance(1ms);
  CHECK(ledger->orphans() == 0);
  CHECK(ledger->ready_tasks() == 1);
  CHECK_FALSE(rebind(work, 7));
  store();
  const auto& history = stored.begin()->second.history;
  const auto lost = std::ranges::find_if(history, [](const auto& event) {
    return event.has_failed();
  });
  REQUIRE(lost != history.end());
  CHECK(lost->failed().lost());
  CHECK(lost->failed().restart());
  CHECK(lost->failed().error().message()
        == "the engine stopped while it was under way");
  const auto again = pull(8);
  REQUIRE(again.size() == 1);
  CHECK(again[0].claim.attempt == 1);
  CHECK_FALSE(succeed(work, 2));
  CHECK(succeed(again[0], 2));
}

TEST_CASE_METHOD(restarting_ledger,
                 "once all have spoken, what nobody named is lost, no more") {
  const auto named = begin(one_step());
  const auto other = begin(one_step());
  start();
  CHECK(rebind(named, 7));
  advance(1s);
  ledger->end_rebinding();
  CHECK(ledger->next_check() == now);
  CHECK_FALSE(rebind(other, 8, 2));
  advance(0ms);
  CHECK(ledger->orphans() == 0);
  CHECK(ledger->ready_tasks() == 1);
  CHECK_FALSE(rebind(other, 8));
  CHECK(rebind(named, 7)); // It may not have heard the answer.
  CHECK(succeed(named, 2));
}

TEST_CASE_METHOD(restarting_ledger, "much that is lost goes in pieces") {
  for (auto i = 0; i < 3; ++i)
    static_cast<void>(begin(one_step()));
  start();
  now += 5s;
  ledger->set_time(now);
  CHECK(ledger->check_time(2));
  CHECK(ledger->orphans() == 1);
  CHECK_FALSE(ledger->check_time(2));
  CHECK(ledger->ready_tasks() == 3);
}

TEST_CASE_METHOD(restarting_ledger, "without a window nobody goes on") {
  options.rebind_window = 0s;
  const auto work = begin(one_step());
  start();
  CHECK(ledger->orphans() == 0);
  CHECK(ledger->ready_tasks() == 1);
  CHECK_FALSE(rebind(work, 7));
}

TEST_CASE_METHOD(restarting_ledger, "only the claim that is stored goes on") {
  const auto work = begin(one_step());
  auto other = work;
  start();
  SECTION("another claim") {
    ++other.claim.claim;
    CHECK_FALSE(rebind(other, 7));
  }
  SECTION("another task") {
    other.claim.task.compensation = true;
    CHECK_FALSE(rebind(other, 7));
    other.claim.task = {3, 0, false};
    CHECK_FALSE(rebind(other, 7));
  }
  SECTION("another run") {
    other.run_id = "r9";
    CHECK_FALSE(rebind(other, 7));
  }
  SECTION("an epoch that gave it to nobody") {
    CHECK_FALSE(rebind(work, 7, 2));
    CHECK_FALSE(rebind(work, 7, 3));
  }
  CHECK(ledger->orphans() == 1);
  CHECK(rebind(work, 7));
}

TEST_CASE_METHOD(restarting_ledger, "a claim that was not stored is over") {
  submit(one_step());
  store();
  const auto given = pull();
  REQUIRE(given.size() == 1);
  start();
  CHECK_FALSE(rebind(given[0], 7));
  const auto again = pull(8);
  REQUIRE(again.size() == 1);
  // It has the same number, and belongs to somebody else.
  CHECK(again[0].claim.claim == given[0].claim.claim);
  CHECK_FALSE(rebind(given[0], 7));
  CHECK(succeed(again[0], 2));
}

TEST_CASE_METHOD(restarting_ledger, "the first of two workers keeps the work") {
  const auto work = begin(one_step());
  start();
  CHECK(rebind(work, 7));
  CHECK_FALSE(rebind(work, 8));
  // Who asks again gets the same answer.
  CHECK(rebind(work, 7));
  CHECK(rebind(work, 7, 2));
  CHECK(succeed(work, 2));
  CHECK_FALSE(rebind(work, 7));
}

TEST_CASE_METHOD(restarting_ledger, "work goes on through several restarts") {
  const auto work = begin(one_step());
  start();
  REQUIRE(rebind(work, 7));
  start();
  CHECK(ledger->orphans() == 1);
  CHECK(rebind(work, 9, 2));
  CHECK_FALSE(succeed(work, 2));
  CHECK(succeed(work, 3));
}

TEST_CASE_METHOD(restarting_ledger, "times go on while nobody is known") {
  auto of = one_step();
  SECTION("of the attempt") {
    of.steps[0].call.timeouts.start_to_close = 3s;
  }
  SECTION("between signs of life") {
    of.steps[0].call.timeouts.heartbeat = 3s;
  }
  const auto work = begin(std::move(of));
  advance(1s);
  start();
  CHECK(ledger->next_check() == now + 2s);
  advance(2s);
  CHECK(status_of(work) == work_status::failed);
  CHECK(ledger->orphans() == 0);
  CHECK_FALSE(rebind(work, 7));
}

TEST_CASE_METHOD(restarting_ledger, "signs of life count under the new epoch") {
  auto of = one_step();
  of.steps[0].call.timeouts.heartbeat = 3s;
  const auto work = begin(std::move(of));
  start();
  REQUIRE(rebind(work, 7));
  advance(2s);
  const auto& claim = work.claim;
  CHECK_FALSE(ledger->beat(work.run_id, claim.task, {1, claim.claim}, {}));
  CHECK(ledger->beat(work.run_id, claim.task, {2, claim.claim}, {}));
  advance(2s);
  CHECK(status_of(work) == work_status::running);
  advance(1s);
  CHECK(status_of(work) == work_status::failed);
  CHECK(ledger->take_called_off().size() == 1);
}

TEST_CASE_METHOD(restarting_ledger, "a run may be ended meanwhile") {
  const auto work = begin(one_step());
  start();
  cancel(work, true);
  CHECK(ledger->find(work.run_id)->status() == run_status::cancelled);
  CHECK(ledger->orphans() == 0);
  CHECK(ledger->take_called_off().empty());
  CHECK_FALSE(rebind(work, 7));
  store();
  CHECK_FALSE(rebind(work, 7));
}

TEST_CASE_METHOD(restarting_ledger,
                 "who goes on with a run that is cancelled is told") {
  const auto work = begin(one_step());
  start();
  cancel(work, false);
  CHECK(ledger->orphans() == 1);
  SECTION("nobody comes") {
    advance(2s);
    CHECK(ledger->orphans() == 0);
    CHECK(ledger->take_called_off().empty());
    CHECK(ledger->find(work.run_id)->status() == run_status::cancelled);
  }
  SECTION("it comes in time, and has what is left of the grace") {
    CHECK(rebind(work, 7));
    const auto told = ledger->take_called_off();
    REQUIRE(told.size() == 1);
    CHECK(told[0].worker == 7);
    CHECK(told[0].claim == work.claim.claim);
    CHECK(succeed(work, 2));
    CHECK(ledger->find(work.run_id)->status() == run_status::cancelled);
  }
}

TEST_CASE_METHOD(restarting_ledger, "a guard counts what goes on behind it") {
  const auto work = begin(behind("one"));
  submit(behind("one"));
  store();
  start();
  CHECK(under_way("one") == 1);
  CHECK(pull(8).empty());
  SECTION("until it ends") {
    REQUIRE(rebind(work, 7));
    CHECK(pull(8).empty());
    CHECK(succeed(work, 2));
  }
  SECTION("until it is lost") {
    advance(5s);
  }
  SECTION("until its run is ended") {
    cancel(work, true);
  }
  CHECK(under_way("one") == 0);
  CHECK(pull(8).size() == 1);
}

TEST_CASE_METHOD(restarting_ledger, "what goes on has paid for it before") {
  const auto work = begin(behind("slow"));
  for (const auto& record : ledger->take_guard_records())
    CHECK(record.guard == "slow");
  start(); // Whose rate is as new.
  REQUIRE(rebind(work, 7));
  submit(behind("slow"));
  CHECK(pull(8).size() == 1);
}

TEST_CASE_METHOD(restarting_ledger,
                 "work goes on behind a guard that is gone") {
  const auto work = begin(behind("one"));
  options.guards.clear();
  start();
  REQUIRE(rebind(work, 7));
  CHECK(succeed(work, 2));
}

TEST_CASE_METHOD(restarting_ledger, "a run holds its key while it waits") {
  auto of = one_step();
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("k", {}).value();
  const auto work = begin(of);
  const auto second = submit(of);
  store();
  start();
  CHECK(ledger->find(second)->status() == run_status::queued);
  REQUIRE(rebind(work, 7));
  CHECK(ledger->find(second)->status() == run_status::queued);
  CHECK(succeed(work, 2));
  store();
  CHECK(ledger->find(second)->status() == run_status::running);
}

TEST_CASE_METHOD(restarting_ledger,
                 "what goes on takes up room of its worker") {
  auto of = one_step();
  of.steps[0].resources.memory_bytes = 60;
  const auto work = begin(of);
  submit(of);
  store();
  start();
  auto room = step_resources{};
  room.memory_bytes = 100;
  const auto profile = worker_profile{7, {"noop"}, room};
  ledger->welcome(profile);
  REQUIRE(
    ledger->rebind(7, work.run_id, work.claim.task, {1, work.claim.claim}));
  CHECK(ledger->assign(7, 10).empty());
  CHECK(ledger->queue_report().workers(0).under_way() == 1);
  CHECK(succeed(work, 2));
  CHECK(ledger->assign(7, 10).size() == 1);
}

TEST_CASE_METHOD(restarting_ledger, "what waits for its worker is under way") {
  static_cast<void>(begin(one_step()));
  start();
  auto under_way = std::uint64_t{0};
  const auto report = ledger->queue_report();
  for (const auto& each : report.classes())
    under_way += each.under_way();
  CHECK(under_way == 1);
}

TEST_CASE_METHOD(restarting_ledger, "work goes to others with its new worker") {
  const auto work = begin(one_step());
  start();
  REQUIRE(rebind(work, 7));
  ledger->lose_worker(7, "killed");
  CHECK(ledger->find(work.run_id)->steps()[0].tasks[0].lost == 1);
  CHECK(pull(8).size() == 1);
}

TEST_CASE_METHOD(restarting_ledger,
                 "what a worker does not name any more goes to others") {
  const auto first = begin(one_step());
  const auto second = begin(one_step());
  ledger->lose_others(
    1, {{*ledger->number_of(second.run_id), second.claim.task}}, "begun anew");
  CHECK(status_of(second) == work_status::running);
  CHECK(ledger->ready_tasks() == 1);
  CHECK_FALSE(succeed(first, 1));
  CHECK(succeed(second, 1));
  ledger->lose_others(9, {}, "nothing is known of it");
  CHECK(pull(8).size() == 1);
}
