#include "tests/actors/engine/placement_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

TEST_CASE_METHOD(placement_fixture,
                 "a step waits for a worker with its label") {
  welcome(1, {{"gpu", "false"}});
  const auto run = submit(one_placed(requires_gpu()));
  REQUIRE(run);
  CHECK(ledger.assign(1, 10).empty());
  CHECK(placed().reason() == "no worker has the label gpu=true");
  CHECK(placed().ready() == 1);
  REQUIRE(placed().steps_size() == 1);
  CHECK(placed().steps(0).run() == run->run_id);
  CHECK(placed().steps(0).step() == "a");
  welcome(2, {{"gpu", "true"}});
  CHECK(placed().reason().empty());
  CHECK(ledger.assign(1, 10).empty());
  const auto given = ledger.assign(2, 10);
  REQUIRE(given.size() == 1);
  CHECK(ledger.queue_report().placed_size() == 0);
  CHECK(ledger.queue_report().workers(1).labels().at("gpu") == "true");
}

TEST_CASE_METHOD(placement_fixture,
                 "a worker with the label need not be the largest") {
  const auto room_of = [](std::uint32_t cpus) {
    auto room = step_resources{};
    room.cpu_thousandths = cpus * 1'000;
    return room;
  };
  ledger.welcome({1, {"noop"}, room_of(8), {}, "n1", {{"gpu", "true"}}});
  ledger.welcome({2, {"noop"}, room_of(64), {}, "n2", {}});
  auto of = one_placed(requires_gpu());
  of.steps[0].resources.cpu_thousandths = 16'000;
  REQUIRE(submit(of));
  CHECK(placed().reason().empty());
  CHECK(ledger.assign(2, 1).empty());
  CHECK(ledger.assign(1, 1).size() == 1);
}

TEST_CASE_METHOD(ledger_fixture,
                 "what no worker of this process will ever have is refused") {
  REQUIRE(submit(one_placed(requires_gpu()))); // Nobody is known yet.
  ledger.welcome({1, {"noop"}, std::nullopt, {}, {}, {{"zone", "eu"}}});
  const auto refused = submit(one_placed(requires_gpu()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
  CHECK(refused.error().key == "steps.a.placement.require.gpu");
  CHECK(refused.error().message == "no worker has the label gpu=true");
  CHECK(refused.error().hint.find("--label") != std::string::npos);
  auto elsewhere = step_placement{};
  elsewhere.exclude["zone"] = "eu";
  CHECK(submit(one_placed(elsewhere)).error().key
        == "steps.a.placement.exclude.zone");
  elsewhere.exclude["zone"] = "us";
  CHECK(submit(one_placed(elsewhere)));
}

TEST_CASE_METHOD(ledger_fixture, "a step that only waits has no placement") {
  auto of = one_placed(requires_gpu());
  of.steps[0].call.activity = "sleep";
  of.steps[0].call.with.written["for"] = "1s";
  CHECK(submit(of).error().key == "steps.a.placement");
}

TEST_CASE_METHOD(placement_fixture,
                 "elements go to the nodes that own their data") {
  for (auto worker = std::uint64_t{1}; worker <= 3; ++worker)
    welcome(worker);
  REQUIRE(submit(fan_out(30, by_item())));
  auto owners = std::map<std::uint32_t, std::uint64_t>{};
  for (auto worker = std::uint64_t{1}; worker <= 3; ++worker) {
    const auto given = ledger.assign(worker, 100);
    CHECK_FALSE(given.empty());
    for (const auto item : items_of(given))
      CHECK(owners.emplace(item, worker).second);
  }
  CHECK(owners.size() == 30);
  // A run after it finds its data where they were.
  REQUIRE(submit(fan_out(30, by_item())));
  for (auto worker = std::uint64_t{3}; worker >= 1; --worker)
    for (const auto item : items_of(ledger.assign(worker, 100)))
      CHECK(owners.at(item) == worker);
}

TEST_CASE_METHOD(placement_fixture,
                 "what waited long enough for its node goes to any") {
  welcome(1);
  welcome(2);
  REQUIRE(submit(fan_out(20, by_item())));
  const auto own = ledger.assign(1, 100).size();
  CHECK(own > 0);
  CHECK(own < 20);
  CHECK(placed().reason().find("node n2") != std::string::npos);
  CHECK(ledger.next_check() == now + 3s);
  advance(2'999ms);
  CHECK(ledger.assign(1, 100).empty());
  advance(1ms);
  CHECK(ledger.assign(1, 100).size() == 20 - own);
  CHECK_FALSE(ledger.next_check());
}

TEST_CASE_METHOD(placement_fixture,
                 "who has little time to begin waits half of it for its node") {
  welcome(1);
  welcome(2);
  auto of = fan_out(20, by_item());
  SECTION("to begin") {
    of.steps[0].call.timeouts.schedule_to_start = 2s;
  }
  SECTION("to end") {
    of.steps[0].call.timeouts.schedule_to_close = 2s;
  }
  const auto run = submit(of);
  REQUIRE(run);
  const auto own = ledger.assign(1, 100).size();
  CHECK(own < 20);
  advance(999ms);
  CHECK(ledger.assign(1, 100).empty());
  advance(1ms);
  CHECK(ledger.assign(1, 100).size() == 20 - own);
  CHECK(status_of(run->run_id) == run_status::running);
}

TEST_CASE_METHOD(placement_fixture,
                 "as long as all have enough to do, data stay where they are") {
  welcome(1);
  welcome(2);
  REQUIRE(submit(fan_out(40, by_item())));
  auto own = std::map<std::uint32_t, std::uint64_t>{};
  const auto take = [&](std::uint64_t worker, std::uint32_t count) {
    auto given = ledger.assign(worker, count);
    CHECK(given.size() == count);
    for (const auto item : items_of(given))
      own[item] = worker;
  };
  for (auto i = 0; i < 3; ++i) {
    take(1, 2);
    take(2, 2);
    advance(1min);
  }
  CHECK_FALSE(ledger.next_check());
  // Nobody has anything of a second run's, but the owners are the same.
  const auto first = own;
  REQUIRE(submit(fan_out(40, by_item())));
  for (const auto worker : {1U, 2U})
    for (const auto item : items_of(ledger.assign(worker, 100)))
      if (first.contains(item))
        CHECK(first.at(item) == worker);
}

TEST_CASE_METHOD(placement_fixture,
                 "a node that comes takes the data that it owns, and leaves "
                 "others what was kept for them") {
  const auto room = [] {
    auto of = step_resources{};
    of.cpu_thousandths = 2'000;
    return of;
  };
  const auto come = [&](std::uint64_t worker, worker_labels labels = {}) {
    ledger.welcome({worker,
                    {"noop"},
                    room(),
                    {},
                    "n" + std::to_string(worker),
                    std::move(labels)});
  };
  come(1, {{"gpu", "true"}});
  // It has room for one of both.
  auto of = fan_out(40, by_item());
  REQUIRE(submit(of));
  auto small = requires_gpu();
  auto busy = one_placed(small);
  busy.steps[0].resources.cpu_thousandths = 1'000;
  auto large = one_placed(small);
  large.steps[0].resources.cpu_thousandths = 2'000;
  large.priority = priority_class::critical;
  busy.priority = priority_class::critical;
  REQUIRE(submit(busy));
  CHECK(ledger.assign(1, 1).front().step_id == "a");
  REQUIRE(submit(large));
  CHECK(ledger.assign(1, 1).size() == 1); // An element.
  advance(2min);
  CHECK(ledger.assign(1, 1).empty()); // It is kept from now on.
  come(2);
  advance(1s);
  CHECK(ledger.assign(1, 1).empty()); // And still is.
  const auto moved = ledger.assign(2, 100).size();
  CHECK(moved > 5);
  CHECK(moved < 35);
}

TEST_CASE_METHOD(ledger_fixture,
                 "runs that others start ask for nothing that will never be") {
  ledger.welcome({1, {"noop"}, std::nullopt, {}, {}, {}});
  const auto lack = std::string{"no worker has the label gpu=true"};
  child = make_version(one_placed(requires_gpu()));
  SECTION("a child") {
    auto parent = make_workflow({{"a", {}, 1, false, "workflow"}});
    parent.steps[0].call.with.written["id"] = "child";
    const auto run = submit(parent);
    REQUIRE(run);
    CHECK(status_of(run->run_id) == run_status::failed);
    CHECK(ledger.find(run->run_id)->reason().find(lack) != std::string::npos);
  }
  SECTION("a workflow for failures") {
    auto of = make_workflow({{"a"}});
    of.on_failure = {failure_policy::action::start_workflow, "child"};
    const auto run = submit(of);
    REQUIRE(run);
    const auto work = ledger.assign(1, 1).front();
    auto error = messages::TaskError{};
    error.set_kind("broken");
    REQUIRE(ledger.report(work.run_id, work.claim.task, {1, work.claim.claim},
                          [&](run_decision& it) {
                            return it.fail(work.claim.task, work.claim.claim,
                                           error);
                          }));
    const auto& noted = ledger.find(run->run_id)->failure_run();
    REQUIRE(noted);
    CHECK(noted->refusal().find(lack) != std::string::npos);
  }
}

TEST_CASE_METHOD(ledger_fixture,
                 "a run that goes on from another one asks for no more") {
  const auto run = submit(one_placed(requires_gpu())); // Nobody is known yet.
  REQUIRE(run);
  ledger.welcome({1, {"noop"}, std::nullopt, {}, {}, {}});
  auto wanted = derived_run_request{};
  wanted.run_id = run->run_id;
  wanted.cancels = true;
  const auto refused = ledger.derive(wanted);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().key == "steps.a.placement.require.gpu");
  CHECK_FALSE(is_over(status_of(run->run_id)));
}

TEST_CASE_METHOD(placement_fixture, "each attempt waits for its data anew") {
  welcome(1);
  welcome(2);
  auto of = one_placed(by_item());
  of.steps[0].placement->data = text_template::parse("x", {}).value();
  of.steps[0].call.retry.attempts = 2;
  of.steps[0].call.retry.initial = 10s;
  of.steps[0].call.retry.jitter = retry_jitter::none;
  REQUIRE(submit(of));
  auto given = ledger.assign(1, 1);
  const auto owner = given.empty() ? 2U : 1U;
  if (given.empty())
    given = ledger.assign(2, 1);
  REQUIRE(given.size() == 1);
  const auto& claim = given.front().claim;
  REQUIRE(ledger.report(given.front().run_id, claim.task, {1, claim.claim},
                        [&](run_decision& it) {
                          auto error = messages::TaskError{};
                          error.set_kind("broken");
                          return it.fail(claim.task, claim.claim, error);
                        }));
  advance(10s);
  CHECK(ledger.assign(3 - owner, 1).empty());
  advance(2'999ms);
  CHECK(ledger.assign(3 - owner, 1).empty());
  SECTION("its node takes it") {
    CHECK(ledger.assign(owner, 1).size() == 1);
  }
  SECTION("its node has no room for it") {
    advance(1ms);
    CHECK(ledger.assign(3 - owner, 1).size() == 1);
  }
}

TEST_CASE_METHOD(placement_fixture,
                 "data of a node that drains or is gone wait for nobody") {
  welcome(1);
  welcome(2);
  REQUIRE(submit(fan_out(20, by_item())));
  SECTION("it drains") {
    ledger.hold_worker(2, true);
    CHECK(ledger.queue_report().workers(1).is_held());
    CHECK(ledger.assign(1, 100).size() == 20);
  }
  SECTION("it is gone") {
    ledger.lose_worker(2, "it is gone");
    CHECK(ledger.assign(1, 100).size() == 20);
  }
  SECTION("it is back") {
    ledger.hold_worker(2, true);
    ledger.hold_worker(2, false);
    const auto own = ledger.assign(1, 100).size();
    CHECK(own < 20);
    CHECK(ledger.assign(2, 100).size() == 20 - own);
  }
}

TEST_CASE_METHOD(placement_fixture,
                 "a text that has no value fails the task when it is taken") {
  welcome(1);
  auto placement = step_placement{};
  placement.data = expression_text("steps.b.output.region");
  auto of = make_workflow({{"b"}, {"a", {"b"}}});
  of.steps[1].placement = placement;
  const auto run = submit(of);
  REQUIRE(run);
  succeed(ledger.assign(1, 1).front()); // Its output is null.
  CHECK(ledger.assign(1, 1).empty());
  CHECK(ledger.find(run->run_id)->status() == run_status::failed);
}

TEST_CASE_METHOD(placement_fixture, "a text of a placement is a short one") {
  welcome(1);
  const auto bytes = GENERATE(std::size_t{256}, std::size_t{257});
  auto placement = step_placement{};
  placement.spread = text_template::parse(std::string(bytes, 'x'), {}).value();
  const auto run = submit(one_placed(placement));
  REQUIRE(run);
  CHECK(ledger.assign(1, 1).size() == (bytes == 256 ? 1 : 0));
  CHECK((status_of(run->run_id) == run_status::failed) == (bytes != 256));
  if (bytes != 256)
    CHECK(ledger.find(run->run_id)
            ->reason()
            .find("placement.spread comes to 257 bytes; 256 is the most")
          != std::string::npos);
}
