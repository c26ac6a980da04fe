#include "actors/engine/local_engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_blobs.hpp"
#include "actors/engine/run_check.hpp"
#include "actors/engine/run_deadlines.hpp"
#include "actors/engine/store_pruning.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

/// Its input goes through a step, hence is also an output.
constexpr auto echo = R"(apiVersion: troupe/v1
kind: Workflow
id: echo
inputs: {text: {type: string, required: true}}
steps:
- {id: say, activity: noop, with: {text: "${inputs.text}"}}
- {id: wait, needs: [say], activity: signal, with: {name: go}}
)";

std::string inputs_of(const std::string& text) {
  return R"({"text":")" + text + "\"}";
}

struct blob_store {
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

  static std::string submit(local_engine& engine, const std::string& text) {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(echo);
    wanted.set_inputs(inputs_of(text));
    const auto run = engine.submit(wanted);
    REQUIRE(run);
    return run->run_id();
  }

  static void finish(local_engine& engine, const std::string& run) {
    auto wanted = messages::ChangeRun{};
    wanted.set_run_id(run);
    wanted.mutable_signal()->set_name("go");
    REQUIRE(engine.change(wanted));
    const auto ended = engine.await(run, {}, "");
    REQUIRE(ended);
    CHECK(ended->status() == "completed");
  }

  void change(const std::string& sql) const {
    change_store(store, sql);
  }

  [[nodiscard]] std::int64_t number(const std::string& sql) const {
    return number_in(store, "SELECT " + sql);
  }

  [[nodiscard]] runtime::outcome<std::unique_ptr<run_state>>
  fold(const std::string& run) const {
    auto runs = recorded_runs::open(store);
    REQUIRE(runs);
    const auto found = runs->find(run);
    REQUIRE(found);
    return runs->fold(found->number, found->workflow_digest);
  }
};

} // namespace

TEST_CASE_METHOD(blob_store,
                 "long payloads are stored once, and read as ever") {
  const auto text = std::string(200'000, 'x');
  auto first = std::string{};
  {
    auto engine = start();
    first = submit(engine, text);
    const auto second = submit(engine, text);
    finish(engine, second);
  }
  // The inputs, the same as the output of the step that says them.
  CHECK(number("count(*) FROM engine_blobs") == 1);
  CHECK(number("count(*) FROM engine_blob_uses") == 2);
  CHECK(number("max(length(events)) FROM engine_history") < 5'000);
  const auto run = fold(first);
  REQUIRE(run);
  CHECK((*run)->inputs()["text"] == text);
  CHECK((*run)->steps()[0].tasks[0].output["text"] == text);
  CHECK(check_runs(store).problems.empty());
  {
    // The engine and the validator read them, too.
    auto engine = start();
    finish(engine, first);
    const auto third = submit(engine, "short");
    finish(engine, third);
  }
  SECTION("and go with the last run that has them") {
    REQUIRE(prune_store(store, {}, 0ms));
    CHECK(number("count(*) FROM engine_runs") == 1);
    CHECK(number("count(*) FROM engine_blobs") == 0);
    CHECK(number("count(*) FROM engine_blob_uses") == 0);
    CHECK(number("count(*) FROM engine_pruned") == 0);
  }
  SECTION("and stay with a run that stays") {
    change("UPDATE engine_runs SET number = 99 WHERE number = 1");
    change("UPDATE engine_history SET run = 99 WHERE run = 1");
    change("UPDATE engine_blob_uses SET run = 99 WHERE run = 1");
    REQUIRE(prune_store(store, {}, 0ms));
    CHECK(number("count(*) FROM engine_blobs") == 1);
    CHECK(number("count(*) FROM engine_blob_uses") == 1);
    CHECK(number("count(*) FROM engine_pruned") == 0);
    CHECK(fold(first));
  }
}

TEST_CASE_METHOD(blob_store, "short payloads stay in the history") {
  auto engine = start();
  const auto run = submit(engine, std::string(1'000, 'x'));
  finish(engine, run);
  CHECK(number("count(*) FROM engine_blobs") == 0);
}

TEST_CASE_METHOD(blob_store, "a damaged payload is an error, never an answer") {
  auto run = std::string{};
  {
    auto engine = start();
    run = submit(engine, std::string(100'000, 'x'));
    while (engine.progress(run)->waiting_on() != "signal") {
    }
  }
  REQUIRE(fold(run));
  SECTION("one byte") {
    change("UPDATE engine_blobs SET bytes = CAST(replace(CAST(bytes AS TEXT),"
           " 'xx\"', 'xy\"') AS BLOB)");
    const auto folded = fold(run);
    REQUIRE_FALSE(folded);
    CHECK(folded.error().message.find("is damaged: its SHA-256 is")
          != std::string::npos);
  }
  SECTION("all of it") {
    change("DELETE FROM engine_blobs");
    CHECK_FALSE(fold(run));
  }
  CHECK(check_runs(store).problems.size() == 1);
  // The engine sets the run aside, and does not go on with something else.
  auto engine = start();
  const auto progress = engine.progress(run);
  REQUIRE_FALSE(progress);
}

TEST_CASE("what was not read is not taken for empty") {
  auto of = workflow{};
  of.id = "w";
  auto state = run_state{std::make_shared<const workflow>(std::move(of))};
  auto event = messages::RunEvent{};
  event.set_sequence(1);
  event.mutable_submitted()->set_run_id("r");
  event.mutable_submitted()->set_inputs_blob("d");
  CHECK_FALSE(state.apply(event));
  const auto contents = blob_source{[](const std::string& digest) {
    CHECK(digest == "d");
    return runtime::outcome<std::string>{R"({"a":1})"};
  }};
  REQUIRE(put_back(event, contents));
  REQUIRE(state.apply(event));
  CHECK(state.inputs()["a"] == 1);
}

TEST_CASE_METHOD(blob_store, "what is said of a deadline is stored") {
  {
    auto engine = start();
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(R"({"apiVersion": "troupe/v1", "kind": "Workflow",
      "id": "late", "deadline": "06:00 UTC", "steps": [{"id": "a", "activity":
      "signal", "with": {"name": "go"}}]})");
    const auto run = engine.submit(wanted);
    REQUIRE(run);
  }
  CHECK(number("count(*) FROM engine_deadlines WHERE said = ''") == 1);
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  CHECK(runs->find("1")->deadline.empty());
  CHECK(runs->find("1")->deadline_at != instant{});
  change("UPDATE engine_deadlines SET said = 'missed'");
  CHECK(runs->find("1")->deadline == "missed");
  const auto figures = runs->deadlines();
  REQUIRE(figures);
  CHECK(figures->overdue == 1);
  CHECK(figures->missed == 1);
  CHECK(figures->near == 0);
}
