#include "actors/engine/run_ledger.hpp"
#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;
using runtime::problem_kind;

namespace {

runtime::guard_file some_guards() {
  auto guards = runtime::guard_file{};
  guards["one"].bulkhead.emplace().concurrent_max = 1;
  guards["two"].bulkhead.emplace().concurrent_max = 2;
  guards["slow"].rate = runtime::rate_limit_options{1, 1s, 1};
  auto& breaker = guards["fragile"].breaker.emplace();
  breaker.mode = runtime::breaker_mode::consecutive;
  breaker.failures_max = 1;
  breaker.trials = 1;
  breaker.open_initial = 5s;
  breaker.open_jitter = 0.0;
  guards["thrifty"].budget = {0, 0, 1};
  return guards;
}

/// A ledger by hand, with guards; what it changes is stored at once.
struct guarded_ledger {
  instant now{1'700'000'000s};
  int ids = 0;
  run_ledger ledger{options(), sources()};

  static run_ledger_options options() {
    auto result = run_ledger_options{};
    result.guards = some_guards();
    return result;
  }

  run_ledger::sources sources() {
    auto from = run_ledger::sources{};
    from.draw = [] { return std::uint64_t{0}; };
    from.new_id = [this] { return "r" + std::to_string(++ids); };
    from.definition = [](const std::string&) { return pinned_workflow{}; };
    return from;
  }

  guarded_ledger() {
    ledger.set_time(now);
  }

  ~guarded_ledger() {
    CHECK(ledger.check() == std::vector<std::string>{});
  }

  runtime::outcome<submitted_run>
  submit(workflow of, std::optional<priority_class> priority = std::nullopt) {
    auto request = run_request{};
    request.of = make_version(std::move(of));
    request.priority = priority;
    return ledger.submit(request);
  }

  void advance(std::chrono::microseconds by) {
    now += by;
    ledger.set_time(now);
    ledger.check_time();
  }

  std::vector<assignment> pull(std::uint32_t credit = 10,
                               std::uint64_t worker = 1) {
    ledger.welcome({worker, {"noop"}, std::nullopt});
    return ledger.assign(worker, credit);
  }

  void succeed(const assignment& work) {
    REQUIRE(ledger.report(work.run_id, work.claim.task, {1, work.claim.claim},
                          [&](run_decision& it) {
                            return it.succeed(work.claim.task, work.claim.claim,
                                              nullptr);
                          }));
  }

  void fail(const assignment& work, const std::string& kind = "broken",
            const std::string& details = {}) {
    auto error = messages::TaskError{};
    error.set_kind(kind);
    error.set_message("no luck");
    error.set_details(details);
    REQUIRE(ledger.report(work.run_id, work.claim.task, {1, work.claim.claim},
                          [&](run_decision& it) {
                            return it.fail(work.claim.task, work.claim.claim,
                                           error);
                          }));
  }

  desk_status guard(const std::string& name) {
    for (auto& each : ledger.guards())
      if (each.guard == name)
        return each;
    throw std::out_of_range{name};
  }
};

workflow behind(const std::string& guard, std::uint32_t attempts = 1,
                std::uint32_t items = 1) {
  auto of = make_workflow({{"a", {}, attempts}});
  of.steps[0].call.guard = guard;
  if (items > 1)
    of.steps[0].foreach.emplace().items.written
      = nlohmann::json(items, nullptr);
  return of;
}

} // namespace

TEST_CASE_METHOD(guarded_ledger,
                 "steps behind a full guard wait, others pass") {
  REQUIRE(submit(behind("two", 1, 5)));
  REQUIRE(submit(behind("slow")));
  REQUIRE(submit(make_workflow({{"a"}})));
  const auto given = pull();
  auto by_run = std::map<std::string, int>{};
  for (const auto& work : given)
    ++by_run[work.run_id];
  CHECK(by_run == std::map<std::string, int>{{"r1", 2}, {"r2", 1}, {"r3", 1}});
  CHECK(guard("two").waiting == 3);
  CHECK(pull().empty());
  // In order, as permits come back.
  succeed(given[0]);
  const auto next = pull();
  REQUIRE(next.size() == 1);
  CHECK(next[0].claim.task.item == 2);
  CHECK(ledger.next_check() == std::nullopt);
}

TEST_CASE_METHOD(guarded_ledger, "time that opens a guard is looked at") {
  REQUIRE(submit(behind("slow", 1, 3)));
  CHECK(pull().size() == 1);
  CHECK(ledger.next_check() == now + 1s);
  advance(999'999us);
  CHECK(pull().empty());
  advance(1us);
  CHECK(pull().size() == 1);
}

TEST_CASE_METHOD(guarded_ledger, "an open circuit makes steps wait") {
  const auto run = submit(behind("fragile", 3, 2));
  const auto given = pull();
  REQUIRE(given.size() == 2);
  fail(given[0]);
  CHECK(guard("fragile").inside.breaker == runtime::breaker_state::open);
  fail(given[1]);
  advance(2s);
  // Their delays are over.
  CHECK(pull().empty());
  CHECK(guard("fragile").waiting == 2);
  CHECK(ledger.next_check() == now + 3s);
  CHECK_FALSE(is_over(ledger.find(run->run_id)->status()));
  advance(3s);
  const auto trial = pull();
  REQUIRE(trial.size() == 1);
  succeed(trial[0]);
  CHECK(pull().size() == 1);
  // Who told of it: it opened, was tried, and closed.
  CHECK(ledger.take_guard_events().size() == 3);
}

TEST_CASE_METHOD(guarded_ledger, "an operator closes a circuit") {
  REQUIRE(submit(behind("fragile", 3)));
  fail(pull().front());
  advance(1s);
  CHECK(pull().empty());
  REQUIRE(ledger.reset_guard("fragile"));
  CHECK(pull().size() == 1);
  const auto unknown = ledger.reset_guard("fragil");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == problem_kind::not_found);
  CHECK(unknown.error().hint == "did you mean \"fragile\"?");
}

TEST_CASE_METHOD(guarded_ledger, "a budget ends a step that would go on") {
  const auto run = submit(behind("thrifty", 5));
  fail(pull().front());
  advance(1min);
  const auto again = pull();
  REQUIRE(again.size() == 1);
  CHECK(again[0].claim.attempt == 2);
  fail(again[0]);
  CHECK(ledger.find(run->run_id)->status() == run_status::failed);
  CHECK(ledger.find(run->run_id)->steps()[0].tasks[0].error.message()
        == "no luck; not tried again: the retry budget of guard thrifty is "
           "used up");
}

TEST_CASE_METHOD(guarded_ledger, "no budget keeps a step from being undone") {
  auto of = make_workflow({{"a", {}, 1, true}, {"b", {"a"}}});
  of.steps[0].compensate->guard = "thrifty";
  of.steps[0].compensate->retry.attempts = 5;
  REQUIRE(submit(of));
  succeed(pull().front());
  fail(pull().front());
  for (auto attempt = std::uint32_t{1}; attempt <= 4; ++attempt) {
    const auto undo = pull();
    REQUIRE(undo.size() == 1);
    CHECK(undo[0].claim.task.compensation);
    CHECK(undo[0].claim.attempt == attempt);
    fail(undo[0]);
    advance(1min);
  }
}

TEST_CASE_METHOD(guarded_ledger, "a request that is wrong opens no circuit") {
  REQUIRE(submit(behind("fragile", 3)));
  REQUIRE(submit(behind("fragile", 3)));
  const auto given = pull();
  REQUIRE(given.size() == 2);
  fail(given[0], "http_status", R"({"status":429})");
  auto error = messages::TaskError{};
  error.set_kind("http_status");
  error.set_permanent(true);
  REQUIRE(ledger.report(given[1].run_id, given[1].claim.task,
                        {1, given[1].claim.claim}, [&](run_decision& it) {
                          return it.fail(given[1].claim.task,
                                         given[1].claim.claim, error);
                        }));
  CHECK(guard("fragile").inside.breaker == runtime::breaker_state::closed);
}

TEST_CASE_METHOD(guarded_ledger, "a retry does not come before it may") {
  REQUIRE(submit(behind("", 2)));
  fail(pull().front(), "http_status", R"({"retry_after_ms":90000})");
  CHECK(ledger.next_check() == now + 90s);
  advance(89'999ms);
  CHECK(pull().empty());
  advance(1ms);
  CHECK(pull().size() == 1);
}

TEST_CASE_METHOD(guarded_ledger, "permits of work that is lost come back") {
  const auto run = submit(behind("two", 3, 4));
  const auto given = pull();
  REQUIRE(given.size() == 2);
  SECTION("with its worker") {
    ledger.lose_worker(1, "killed");
    CHECK(guard("two").inside.running == 0);
    CHECK(pull(10, 2).size() == 2);
  }
  SECTION("with its run") {
    auto request = messages::RunCancelRequested{};
    request.set_terminate(true);
    REQUIRE(ledger.decide(run->run_id, [&](run_decision& it) {
      return it.cancel(request);
    }));
    CHECK(guard("two").inside.running == 0);
    CHECK(guard("two").waiting == 0);
  }
  SECTION("with a report") {
    fail(given[0]);
    succeed(given[1]);
    CHECK(guard("two").inside.running == 0);
  }
}

TEST_CASE_METHOD(guarded_ledger, "a guard that there is not is refused") {
  const auto refused = submit(behind("tow"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
  CHECK(refused.error().key == "steps.a.guard");
  CHECK(refused.error().hint == "did you mean \"two\"?");
  auto waits = make_workflow({{"a", {}, 1, false, "sleep"}});
  waits.steps[0].call.guard = "two";
  CHECK(submit(waits).error().message
        == "a step that only waits passes no guard");
}

TEST_CASE_METHOD(guarded_ledger, "a run of before waits for its guard") {
  // As if the server had been started anew without it.
  auto of = std::make_shared<const workflow>(behind("gone"));
  auto state = std::make_unique<run_state>(of);
  auto context = decision_context{};
  context.now = now;
  auto decision = run_decision{*state, context};
  auto submission = messages::RunSubmitted{};
  submission.set_run_id("old");
  REQUIRE(decision.submit(submission));
  REQUIRE(decision.start());
  ledger.restore(1, std::move(state));
  ledger.finish_recovery(1);
  CHECK(ledger.ready_tasks() == 1);
  CHECK(pull().empty());
}

namespace {

/// Who is served in which order; work comes meanwhile, and waits long enough to
/// climb.
std::vector<std::string> order_behind(const std::string& guard,
                                      std::uint32_t credit,
                                      std::uint64_t seed) {
  auto random = std::mt19937_64{seed};
  auto subject = guarded_ledger{};
  auto served = std::vector<std::string>{};
  const auto submit_some = [&](std::uint64_t count) {
    for (auto i = std::uint64_t{0}; i < count; ++i)
      REQUIRE(subject.submit(behind(guard),
                             static_cast<priority_class>(random() % 5)));
  };
  submit_some(10);
  while (subject.ledger.ready_tasks() != 0) {
    const auto given = subject.pull(credit);
    REQUIRE(given.size() == 1);
    served.push_back(given[0].run_id);
    if (served.size() < 60)
      submit_some(random() % 3);
    subject.advance(std::chrono::seconds{random() % 120});
    subject.succeed(given[0]);
  }
  return served;
}

} // namespace

TEST_CASE("behind a guard the order is that of the queue, and all are served") {
  for (auto seed = std::uint64_t{1}; seed <= 20; ++seed) {
    const auto behind_one = order_behind("one", 10, seed);
    CHECK(behind_one.size() >= 10);
    CHECK(behind_one == order_behind("", 1, seed));
  }
}
