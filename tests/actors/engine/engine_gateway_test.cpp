#include "actors/engine/engine_client.hpp"
#include "actors/engine/engine_gateway.hpp"
#include "actors/engine/local_engine.hpp"
#include "runtime/frames/frame_client.hpp"
#include "runtime/problem_message.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

constexpr auto text = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "asked", "inputs": {"n": {"type": "integer"}},
"steps": [{"id": "s", "activity": "noop", "with": {"n": "${inputs.n}"}},
{"id": "ok", "needs": ["s"], "activity": "signal", "with": {"name": "go"}}]})";

/// An engine that listens.
struct served {
  temporary_folder folder;
  std::string store = (folder / "store.db").string();
  std::optional<local_engine> engine;

  served() {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    auto started = local_engine::start(options);
    REQUIRE(started);
    engine.emplace(std::move(*started));
    REQUIRE(engine->listen(socket_of(store)));
  }

  [[nodiscard]] engine_client connect() const {
    auto client = engine_client::connect(socket_of(store));
    REQUIRE(client);
    return std::move(*client);
  }
};

messages::ChangeRun go(const std::string& run_id) {
  auto wanted = messages::ChangeRun{};
  wanted.set_run_id(run_id);
  wanted.mutable_signal()->set_name("go");
  return wanted;
}

} // namespace

TEST_CASE_METHOD(served, "another process can ask whatever this one can") {
  auto client = connect();
  auto apply = messages::ApplyWorkflow{};
  apply.set_text(text);
  const auto applied = client.apply(apply);
  REQUIRE(applied);
  CHECK(applied->workflow_id() == "asked");
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_id("asked");
  wanted.set_inputs(R"({"n": 1})");
  const auto accepted = client.submit(wanted);
  REQUIRE(accepted);
  const auto& run_id = accepted->run_id();
  CHECK(client.status()->open_runs() == 1);
  CHECK(client.progress(run_id)->steps() == 2);
  CHECK(client.await(run_id, 1ms).error().kind == problem_kind::timeout);
  const auto changed = client.change(go(run_id));
  REQUIRE(changed);
  const auto ended = client.await(run_id, 20s);
  REQUIRE(ended);
  CHECK(ended->status() == "completed");
}

TEST_CASE_METHOD(served, "many are accepted at once, each by itself") {
  auto client = connect();
  auto runs = messages::SubmitRuns{};
  for (auto i = 0; i < 3; ++i)
    runs.add_runs()->set_workflow_text(text);
  runs.mutable_runs(1)->set_inputs(R"({"n": "one"})");
  const auto answer = client.submit(runs);
  REQUIRE(answer);
  REQUIRE(answer->each_size() == 3);
  CHECK(answer->each(0).has_accepted());
  CHECK(answer->each(1).refused().key() == "inputs.n");
  CHECK(answer->each(2).has_accepted());
}

TEST_CASE_METHOD(served, "a refusal keeps its kind, place and hint") {
  auto client = connect();
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text("apiVersion: troupe/v1\nkind: Workflow\nid: t\n"
                           "descripton: d\n"
                           "steps: [{id: a, activity: noop}]\n");
  wanted.set_workflow_file("typo.yaml");
  const auto refused = client.submit(wanted);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
  CHECK(refused.error().file == "typo.yaml");
  CHECK(refused.error().line == 4);
  CHECK_FALSE(refused.error().hint.empty());
  CHECK(runtime::from_problem_message(
          runtime::to_problem_message<messages::ProblemReport>(refused.error()))
        == refused.error());
  CHECK(client.change(go("nobody")).error().kind == problem_kind::not_found);
}

TEST_CASE_METHOD(served,
                 "what cannot be understood is answered, not followed") {
  auto frames = runtime::frame_client::connect(socket_of(store));
  REQUIRE(frames);
  for (const auto* payload : {"rubbish", "\x08\x01"}) {
    frames->ask(payload);
    const auto frame = frames->receive(20s);
    REQUIRE(frame);
    auto answer = messages::EngineAnswer{};
    REQUIRE(answer.ParseFromString(*frame));
    CHECK(answer.problem().kind()
          == static_cast<int>(problem_kind::invalid_input));
  }
}

TEST_CASE_METHOD(served, "a server that is gone is unavailable") {
  auto client = connect();
  engine.reset();
  CHECK(client.status().error().kind == problem_kind::unavailable);
  const auto again = engine_client::connect(socket_of(store));
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == problem_kind::unavailable);
}
