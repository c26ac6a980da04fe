#include "actors/engine/failure_workflow.hpp"
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

run_ledger_options two_at_once() {
  auto options = run_ledger_options{};
  options.running_max = 2;
  return options;
}

run_ledger_options two_per_minute() {
  auto options = run_ledger_options{};
  options.submissions_per_minute = 2;
  return options;
}

workflow one_step(const std::string& activity = "noop") {
  return make_workflow({{"a", {}, 1, false, activity}});
}

struct running_fixture : ledger_fixture {
  running_fixture() : ledger_fixture{two_at_once()} {}

  /// What the store would have of a run, folded anew.
  std::unique_ptr<run_state> copy_of(const std::string& run_id) {
    const auto number = *ledger.number_of(run_id);
    auto events = messages::RunEvents{};
    REQUIRE(events.ParseFromString(ledger.unstored(number)));
    auto run
      = std::make_unique<run_state>(ledger.find(run_id)->shared_definition());
    for (const auto& event : events.events())
      REQUIRE(run->apply(event));
    return run;
  }
};

struct rate_fixture : ledger_fixture {
  rate_fixture() : ledger_fixture{two_per_minute()} {}
};

workflow failing(const std::string& handler) {
  auto of = one_step();
  of.on_failure = {failure_policy::action::start_workflow, handler};
  return of;
}

pinned_workflow handler_of(const std::string& id) {
  auto of = one_step();
  of.id = id;
  for (const auto* name : {"failed_steps", "reason", "run", "workflow"}) {
    auto input = workflow_input{};
    input.name = name;
    input.type = name == std::string{"failed_steps"} ? input_type::array
                                                     : input_type::string;
    input.required = true;
    of.inputs.push_back(input);
  }
  return make_version(of);
}

struct failure_fixture : ledger_fixture {
  void fail_all() {
    for (const auto& work : pull()) {
      auto error = messages::TaskError{};
      error.set_kind("broken");
      error.set_message("it broke");
      REQUIRE(ledger.report(work.run_id, work.claim.task, {1, work.claim.claim},
                            [&](run_decision& it) {
                              return it.fail(work.claim.task, work.claim.claim,
                                             error);
                            }));
    }
  }
};

} // namespace

// -- runs at once -------------------------------------------------------------

TEST_CASE_METHOD(running_fixture,
                 "a run beyond the limit waits as queued, and starts in turn") {
  const auto first = submit(one_step());
  const auto second = submit(one_step());
  const auto third = submit(one_step());
  auto urgent = one_step();
  urgent.priority = priority_class::critical;
  const auto fourth = submit(std::move(urgent));
  REQUIRE((first && second && third && fourth));
  CHECK(status_of(third->run_id) == run_status::queued);
  const auto reason = ledger.find(third->run_id)->waiting_on();
  REQUIRE(reason);
  CHECK(reason->what == waiting_reason::kind::slot);
  CHECK(reason->detail.find("limit of 2 runs") != std::string::npos);
  CHECK(ledger.queue_report().runs_waiting() == 2);

  cancel(first->run_id, true);
  CHECK(status_of(fourth->run_id) == run_status::running);
  CHECK(status_of(third->run_id) == run_status::queued);
  cancel(second->run_id, true);
  CHECK(status_of(third->run_id) == run_status::running);
}

TEST_CASE_METHOD(running_fixture,
                 "runs count as ended once their end is stored") {
  const auto first = submit(one_step());
  REQUIRE((first && submit(one_step())));
  store();
  cancel(first->run_id, true);
  CHECK(ledger.queue_report().runs_ended() == 0);
  store();
  CHECK(ledger.queue_report().runs_ended() == 1);
}

TEST_CASE_METHOD(running_fixture, "children do not wait for their parents") {
  child = make_version(one_step());
  auto parent = one_step("workflow");
  parent.steps[0].call.with.written["id"] = "child";
  REQUIRE(submit(parent));
  REQUIRE(submit(parent));
  CHECK(pull().size() == 2);
  CHECK(ledger.queue_report().runs_running() == 2);
}

TEST_CASE_METHOD(running_fixture, "a restart keeps the turns") {
  auto of = one_step();
  of.concurrency.emplace();
  of.concurrency->key = text_template::parse("k", {}).value();
  of.concurrency->limit = 5;
  auto runs = std::vector<std::string>{};
  for (auto i = 0; i < 4; ++i)
    runs.push_back(submit(of)->run_id);
  auto again = run_ledger{two_at_once(), sources()};
  again.set_time(now);
  for (const auto& id : runs)
    again.restore(*ledger.number_of(id), copy_of(id));
  again.finish_recovery(4);
  CHECK(again.find(runs[1])->status() == run_status::running);
  CHECK(again.find(runs[2])->status() == run_status::queued);
  auto request = messages::RunCancelRequested{};
  request.set_terminate(true);
  REQUIRE(again.decide(runs[0],
                       [&](run_decision& it) { return it.cancel(request); }));
  CHECK(again.find(runs[2])->status() == run_status::running);
  CHECK(again.find(runs[3])->status() == run_status::queued);

  // Without the limit all go.
  auto free = run_ledger{run_ledger_options{}, sources()};
  free.set_time(now);
  for (const auto& id : runs)
    free.restore(*ledger.number_of(id), copy_of(id));
  free.finish_recovery(4);
  CHECK(free.find(runs[3])->status() == run_status::running);
}

// -- submissions --------------------------------------------------------------

TEST_CASE_METHOD(rate_fixture,
                 "more submissions per minute are refused, with when to try "
                 "again") {
  REQUIRE(submit(one_step()));
  REQUIRE(submit(one_step()));
  const auto refused = submit(one_step());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK(refused.error().hint == "try again in 30 s");
  const auto report = ledger.queue_report();
  CHECK(report.refused_rate() == 1);
  CHECK(report.last_refusal().reason() == refused.error().message);
  advance(30s);
  CHECK(submit(one_step()));
  CHECK_FALSE(submit(one_step()));
}

// -- the queue as a whole -----------------------------------------------------

TEST_CASE_METHOD(ledger_fixture, "a paused queue gives out nothing new") {
  REQUIRE(submit(one_step()));
  const auto work = pull();
  REQUIRE(work.size() == 1);
  REQUIRE(submit(one_step()));
  REQUIRE(ledger.pause_queue({"alice", "maintenance", now}));
  const auto again = ledger.pause_queue({"bob", "", now});
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == problem_kind::conflict);
  CHECK(pull().empty());
  // What runs goes on.
  succeed(work.front());
  CHECK(ledger.queue_report().paused().by() == "alice");
  REQUIRE(ledger.resume_queue());
  CHECK_FALSE(ledger.resume_queue());
  CHECK(pull().size() == 1);
}

TEST_CASE_METHOD(ledger_fixture,
                 "while the machine has too much to do nothing new begins") {
  REQUIRE(submit(one_step()));
  ledger.hold_queue("cpu is at 97 %");
  CHECK(pull().empty());
  advance(5s);
  ledger.hold_queue("cpu is at 98 %");
  const auto held = ledger.queue_report().held();
  CHECK(held.reason() == "cpu is at 98 %");
  // Since it began.
  CHECK(held.since() == runtime::to_microseconds(now - 5s));
  ledger.hold_queue(std::nullopt);
  CHECK(pull().size() == 1);
}

TEST_CASE_METHOD(ledger_fixture, "the queue is told in figures") {
  room.emplace();
  room->cpu_thousandths = 4'000;
  room->memory_bytes = 1'000;
  room->custom["gpu"] = 2;
  auto of = one_step();
  of.priority = priority_class::high;
  of.steps[0].resources.cpu_thousandths = 1'500;
  of.steps[0].resources.custom["gpu"] = 1;
  REQUIRE(submit(of));
  REQUIRE(submit(of));
  REQUIRE(pull(1).size() == 1);
  const auto report = ledger.queue_report();
  REQUIRE(report.classes_size() == 5);
  const auto& high = report.classes(1);
  CHECK(high.ready() == 1);
  CHECK(high.under_way() == 1);
  CHECK(high.oldest() == runtime::to_microseconds(now));
  CHECK(high.runs().at("running") == 2);
  REQUIRE(report.workers_size() == 1);
  CHECK(report.workers(0).under_way() == 1);
  REQUIRE(report.workers(0).resources_size() == 3);
  CHECK(report.workers(0).resources(0).in_use() == 1'500);
  CHECK(report.workers(0).resources(2).name() == "gpu");
  CHECK(report.workers(0).resources(2).in_use() == 1);
}

// -- failures -----------------------------------------------------------------

TEST_CASE_METHOD(failure_fixture, "a run that fails starts another one, once") {
  known["handler"] = handler_of("handler");
  const auto run = submit(failing("handler"));
  REQUIRE(run);
  fail_all();
  REQUIRE(status_of(run->run_id) == run_status::failed);
  const auto& started = ledger.find(run->run_id)->failure_run();
  REQUIRE(started);
  CHECK(started->refusal().empty());
  const auto* handler = ledger.find(started->run_id());
  REQUIRE(handler != nullptr);
  CHECK(handler->submission().failure_of() == run->run_id);
  CHECK(handler->inputs()
        == nlohmann::json{{"run", run->run_id},
                          {"workflow", "story"},
                          {"reason", "step a failed: broken: it broke"},
                          {"failed_steps", {"a"}}});
  // By hand, once more: it fails again, and starts no other.
  REQUIRE(ledger.decide(run->run_id, [](run_decision& it) {
    return it.retry(0, "somebody");
  }));
  const auto before = ledger.size();
  fail_all();
  CHECK(status_of(run->run_id) == run_status::failed);
  CHECK(ledger.size() == before);
}

TEST_CASE_METHOD(failure_fixture,
                 "a run whose workflow for failures cannot be started is "
                 "refused") {
  const auto refuses = [&](const workflow& of, const std::string& part) {
    const auto refused = submit(of);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == problem_kind::invalid_input);
    CHECK(refused.error().key == "on_failure.workflow");
    INFO(refused.error().message);
    CHECK(refused.error().message.find(part) != std::string::npos);
  };
  refuses(failing("nobody"), "no workflow nobody");
  refuses(failing("story"), "story -> story");
  auto back = failing("story");
  back.id = "back";
  known["back"] = make_version(back);
  refuses(failing("back"), "story -> back -> story");
  auto other = *handler_of("needy").definition;
  other.inputs[0].name = "colour";
  known["needy"] = make_version(other);
  refuses(failing("needy"), "colour");
}

TEST_CASE_METHOD(failure_fixture, "a failure whose workflow has gone says so") {
  known["handler"] = handler_of("handler");
  const auto run = submit(failing("handler"));
  REQUIRE(run);
  known.clear();
  fail_all();
  const auto& noted = ledger.find(run->run_id)->failure_run();
  REQUIRE(noted);
  CHECK(noted->run_id().empty());
  CHECK(noted->refusal().find("no workflow handler") != std::string::npos);
}
