#include "actors/engine/local_engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_records.hpp"
#include "actors/engine/run_validator.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

/// A workflow of these steps, as flow sequences of YAML.
std::string workflow_text(const std::string& steps,
                          const std::string& more = {}) {
  return "apiVersion: troupe/v1\nkind: Workflow\nid: tried\n" + more
         + "steps:\n" + steps;
}

/// A store with the engines that own it one after another.
struct engines {
  temporary_folder folder;
  std::string store = (folder / "store.db").string();

  [[nodiscard]] local_engine start() const {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    auto engine = local_engine::start(options);
    REQUIRE(engine);
    return std::move(*engine);
  }

  [[nodiscard]] recorded_run record(const std::string& run_id) const {
    auto runs = recorded_runs::open(store);
    REQUIRE(runs);
    auto found = runs->find(run_id);
    REQUIRE(found);
    return *found;
  }
};

messages::SubmitRun request(const std::string& text,
                            const std::string& key = {}) {
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(text);
  wanted.set_idempotency_key(key);
  wanted.set_by("tester");
  return wanted;
}

messages::ChangeRun change_of(const std::string& run_id) {
  auto wanted = messages::ChangeRun{};
  wanted.set_run_id(run_id);
  wanted.set_by("tester");
  return wanted;
}

messages::ChangeRun signal_to(const std::string& run_id,
                              const std::string& name,
                              const std::string& payload) {
  auto wanted = change_of(run_id);
  wanted.mutable_signal()->set_name(name);
  wanted.mutable_signal()->set_payload(payload);
  wanted.mutable_signal()->add_roles("operator");
  return wanted;
}

std::string status_after(local_engine& engine, const std::string& run_id) {
  const auto ended = engine.await(run_id, {}, "tester");
  REQUIRE(ended);
  return ended->status();
}

const auto chain = workflow_text(R"(- {id: a, activity: noop, with: {x: 1}}
- {id: b, needs: [a], activity: noop, foreach: [1, 2, 3], with: {y: "${item + steps.a.output.x}"}}
- {id: c, needs: [b], activity: sleep, with: {for: 1ms}}
)");

const auto waiting = workflow_text(R"(- {id: a, activity: noop}
- {id: ok, needs: [a], activity: approval, with: {roles: [operator]}}
- {id: b, needs: [ok], activity: noop, with: {by: "${steps.ok.output.by}"}}
)");

} // namespace

TEST_CASE_METHOD(engines, "a run goes to its end, and its history says how") {
  auto run_id = std::string{};
  {
    auto engine = start();
    const auto accepted = engine.submit(request(chain));
    REQUIRE(accepted);
    run_id = accepted->run_id();
    CHECK(status_after(engine, run_id) == "completed");
    // It is over: the answer comes from the store.
    CHECK(status_after(engine, run_id) == "completed");
  }
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  const auto found = runs->find(run_id.substr(0, 18));
  REQUIRE(found);
  CHECK(found->status == "completed");
  CHECK(found->is_over);
  CHECK(found->waiting_on.empty());
  CHECK(found->submitted_by == "tester");
  const auto state = runs->fold(found->number, found->workflow_digest);
  REQUIRE(state);
  const auto& tasks = (*state)->steps()[1].tasks;
  REQUIRE(tasks.size() == 3);
  CHECK(tasks[2].output == nlohmann::json({{"y", 4}}));
  auto history = runs->history(found->number);
  REQUIRE(history);
  history->pop_back(); // What the validator saw.
  CHECK(find_objections((*state)->definition(), *history).empty());
}

TEST_CASE_METHOD(engines, "a key that is used again gives the same run") {
  auto first = std::string{};
  {
    auto engine = start();
    const auto once = engine.submit(request(waiting, "k"));
    const auto again = engine.submit(request(waiting, "k"));
    REQUIRE(once);
    REQUIRE(again);
    CHECK_FALSE(once->is_known());
    CHECK(again->is_known());
    CHECK(again->run_id() == once->run_id());
    first = once->run_id();
    REQUIRE(engine.change(signal_to(first, "ok", "true")));
    CHECK(status_after(engine, first) == "completed");
    // Also when it is over,
    CHECK(engine.submit(request(waiting, "k"))->run_id() == first);
  }
  // and for another engine.
  auto engine = start();
  CHECK(engine.submit(request(waiting, "k"))->run_id() == first);
}

TEST_CASE_METHOD(engines, "an engine goes on where another one stopped") {
  auto run_id = std::string{};
  {
    auto engine = start();
    const auto accepted = engine.submit(request(waiting));
    REQUIRE(accepted);
    run_id = accepted->run_id();
  }
  CHECK(record(run_id).status != "completed");
  {
    auto engine = start();
    REQUIRE(engine.change(signal_to(run_id, "ok", R"({"approved": true})")));
    CHECK(status_after(engine, run_id) == "completed");
  }
  auto runs = recorded_runs::open(store);
  const auto epoch = runs->last_epoch();
  REQUIRE(epoch);
  CHECK(*epoch == 2);
}

TEST_CASE_METHOD(engines, "runs are paused, resumed, rejected and cancelled") {
  auto engine = start();
  const auto run_id = engine.submit(request(waiting))->run_id();
  auto pause = change_of(run_id);
  pause.set_pause(true);
  const auto paused = engine.change(pause);
  REQUIRE(paused);
  CHECK(paused->status() == "paused");
  CHECK(engine.change(pause).error().kind == problem_kind::conflict);
  CHECK(engine.progress(run_id)->waiting_on() == "paused");
  auto resume = change_of(run_id);
  resume.set_resume(true);
  REQUIRE(engine.change(resume));
  SECTION("a rejection fails it") {
    REQUIRE(engine.change(signal_to(run_id, "ok", "false")));
    CHECK(status_after(engine, run_id) == "failed");
    CHECK(record(run_id).reason.find("rejected by tester")
          != std::string::npos);
    SECTION("and the step can be tried once more") {
      auto retry = change_of(run_id);
      retry.set_retry_step("ok");
      REQUIRE(engine.change(retry));
      REQUIRE(engine.change(signal_to(run_id, "ok", "true")));
      CHECK(status_after(engine, run_id) == "completed");
    }
  }
  SECTION("a cancelled one is over") {
    auto cancel = change_of(run_id);
    cancel.mutable_cancel()->set_reason("enough");
    REQUIRE(engine.change(cancel));
    CHECK(status_after(engine, run_id) == "cancelled");
    CHECK(record(run_id).reason == "cancelled by tester: enough");
    CHECK(engine.change(cancel).error().kind == problem_kind::conflict);
  }
  SECTION("a role that is missing is said at once") {
    auto stranger = signal_to(run_id, "ok", "true");
    stranger.mutable_signal()->clear_roles();
    CHECK(engine.change(stranger).error().kind == problem_kind::denied);
  }
  SECTION("what waits for a stop is cancelled by it") {
    auto stop = std::stop_source{};
    stop.request_stop();
    const auto ended = engine.await(run_id, stop.get_token(), "tester");
    REQUIRE(ended);
    CHECK(ended->status() == "cancelled");
  }
}

TEST_CASE_METHOD(engines,
                 "what cannot be run is refused, and nothing is left") {
  auto engine = start();
  const auto refused = [&](const messages::SubmitRun& wanted) {
    const auto answer = engine.submit(wanted);
    REQUIRE_FALSE(answer);
    return answer.error();
  };
  CHECK(refused(request("apiVersion: troupe/v2")).kind
        == problem_kind::invalid_input);
  auto unknown = messages::SubmitRun{};
  unknown.set_workflow_id("nobody");
  CHECK(refused(unknown).kind == problem_kind::not_found);
  auto odd = request(chain);
  odd.set_inputs(R"({"x": 1})");
  CHECK(refused(odd).kind == problem_kind::invalid_input);
  odd.set_inputs(std::string(200'000, '['));
  CHECK(refused(odd).kind == problem_kind::invalid_input);
  auto deep = std::string(1'000, '[') + std::string(1'000, ']');
  odd.set_inputs("{\"x\": " + deep + "}");
  CHECK(refused(odd).kind == problem_kind::invalid_input);
  const auto guarded = workflow_text("- {id: a, activity: noop, guard: g}\n");
  const auto reason = refused(request(guarded));
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.key == "steps[0].guard");
  CHECK(reason.line != 0);
  CHECK(engine.change(change_of("nobody")).error().kind
        == problem_kind::not_found);
  CHECK(engine.await("nobody", {}, "tester").error().kind
        == problem_kind::not_found);
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  CHECK(runs->list({})->empty());
}

TEST_CASE_METHOD(engines, "a store has one owner") {
  const auto owner = start();
  auto options = local_engine_options{};
  options.store = store;
  const auto second = local_engine::start(options);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == problem_kind::unavailable);
}

TEST_CASE_METHOD(engines,
                 "a workflow that was applied starts others by its id") {
  auto engine = start();
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(
    "apiVersion: troupe/v1\nkind: Workflow\nid: inner\n"
    "inputs: {n: {type: integer, required: true}}\n"
    "steps: [{id: s, activity: noop, with: {n: \"${inputs.n}\"}}]");
  REQUIRE(engine.apply(apply));
  auto direct = messages::SubmitRun{};
  direct.set_workflow_id("inner");
  direct.set_inputs(R"({"n": 7})");
  const auto accepted = engine.submit(direct);
  REQUIRE(accepted);
  CHECK(status_after(engine, accepted->run_id()) == "completed");
  const auto outer = engine.submit(request(workflow_text(
    "- {id: sub, activity: workflow, with: {id: inner, inputs: {n: 8}}}\n")));
  REQUIRE(outer);
  CHECK(status_after(engine, outer->run_id()) == "completed");
  auto runs = recorded_runs::open(store);
  const auto listed = runs->list({});
  REQUIRE(listed);
  REQUIRE(listed->size() == 3);
  CHECK(listed->front().parent_run == outer->run_id());
  CHECK(runs->newest("inner")->definition->id == "inner");
  CHECK(runs->newest("tried").error().kind == problem_kind::not_found);
}

TEST_CASE("nothing to store is no transaction") {
  // Else an engine that has nothing to do commits for ever.
  const auto ledger = run_ledger{{}, {}};
  CHECK(store_changes({}, ledger).transaction.statements().empty());
}

TEST_CASE("what could not be read again is refused, and stores nothing") {
  const auto with = engines{};
  auto engine = with.start();
  const auto text
    = workflow_text("- {id: a, activity: signal, with: {name: go}}\n");
  const auto is_invalid = [](const auto& answer) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == problem_kind::invalid_input);
    CHECK(answer.error().message == "a text is not UTF-8");
  };
  is_invalid(engine.submit(request(text, "caf\xe9")));
  const auto accepted = engine.submit(request(text, "caf\xc3\xa9"));
  REQUIRE(accepted);
  auto cancellation = change_of(accepted->run_id());
  cancellation.set_by("\xff");
  cancellation.mutable_cancel();
  is_invalid(engine.change(cancellation));
  auto application = messages::ApplyWorkflow{};
  application.set_text(text);
  application.set_by("\xff");
  is_invalid(engine.apply(application));
  REQUIRE(engine.change(signal_to(accepted->run_id(), "go", "{}")));
  CHECK(status_after(engine, accepted->run_id()) == "completed");
}
