#include "actors/engine/local_engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_check.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto text = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "checked", "steps": [{"id": "a", "activity": "noop"},
{"id": "b", "needs": ["a"], "activity": "noop"}]})";

constexpr auto waiting = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "waiting", "steps": [{"id": "a", "activity": "signal",
"with": {"name": "go"}}]})";

/// A store with a run that completed and one that waits.
struct checked_store {
  temporary_folder folder;
  std::string store = (folder / "store.db").string();

  checked_store() {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    auto engine = local_engine::start(options);
    REQUIRE(engine);
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(text);
    const auto run = engine->submit(wanted);
    REQUIRE(run);
    REQUIRE(engine->await(run->run_id(), {}, ""));
    wanted.set_workflow_text(waiting);
    REQUIRE(engine->submit(wanted));
  }

  void change(const std::string& sql) const {
    change_store(store, sql);
  }

  /// What is found wrong, as one text.
  [[nodiscard]] std::string found() const {
    auto all = std::string{};
    for (const auto& reason : check_runs(store).problems)
      all += reason.message + "\n";
    return all;
  }

  void finds(const std::string& sql, const std::string& expected) const {
    change(sql);
    INFO(found());
    CHECK(found().find(expected) != std::string::npos);
  }
};

} // namespace

TEST_CASE_METHOD(checked_store, "a store is clean as the engine leaves it") {
  const auto result = check_runs(store);
  CHECK(found().empty());
  CHECK(result.runs == 2);
  CHECK(result.events > 10);
}

TEST_CASE_METHOD(checked_store, "whatever was tampered with is found") {
  SECTION("where a run stands") {
    finds("UPDATE engine_runs SET status = 'failed' WHERE number = 1",
          "its status is stored as \"failed\", but its history says "
          "\"completed\"");
  }
  SECTION("whether it is over") {
    finds("UPDATE engine_runs SET is_over = 1 WHERE number = 2",
          "counted among the wrong runs");
  }
  SECTION("what it waits for") {
    finds("UPDATE engine_runs SET waiting_on = '' WHERE number = 2",
          "what it waits for is stored as \"\", but its history says "
          "\"signal\"");
  }
  SECTION("a gap in the history") {
    finds("DELETE FROM engine_history WHERE run = 1 AND sequence = (SELECT"
          " min(sequence) FROM engine_history WHERE run = 1)",
          "follows event 0");
  }
  SECTION("the end of the history") {
    finds("DELETE FROM engine_history WHERE run = 1 AND sequence = (SELECT"
          " max(sequence) FROM engine_history WHERE run = 1)",
          "its history says \"running\"");
  }
  SECTION("an event") {
    finds("UPDATE engine_history SET events = x'ff' WHERE run = 2",
          "cannot be decoded");
  }
  SECTION("the workflow") {
    finds("DELETE FROM engine_workflow_versions",
          "the workflow of a run is not in the store");
  }
  SECTION("the epochs") {
    finds("DELETE FROM engine_epochs", "which no engine has claimed");
  }
  SECTION("where open runs are") {
    finds("DELETE FROM engine_open_blocks",
          "run number 2 is open, and no start of an engine would find it");
  }
  SECTION("a run") {
    finds("DELETE FROM engine_runs WHERE number = 2", "belong to no run");
  }
}

TEST_CASE_METHOD(checked_store, "a broken history hinders no other run") {
  change("UPDATE engine_history SET events = x'ff' WHERE run = 2");
  auto options = local_engine_options{};
  options.store = store;
  options.threads = 2;
  auto engine = local_engine::start(options);
  REQUIRE(engine);
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(text);
  const auto run = engine->submit(wanted);
  REQUIRE(run);
  CHECK(engine->await(run->run_id(), {}, "")->status() == "completed");
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  const auto broken = runs->find("2");
  REQUIRE(broken);
  CHECK_FALSE(broken->is_over);
  const auto awaited = engine->await(broken->run_id, {}, "");
  REQUIRE_FALSE(awaited);
  CHECK(awaited.error().kind == runtime::problem_kind::conflict);
  CHECK(awaited.error().message.find("set aside") != std::string::npos);
  auto pause = messages::ChangeRun{};
  pause.set_run_id(broken->run_id);
  pause.set_pause(true);
  CHECK(engine->change(pause).error().kind == runtime::problem_kind::conflict);
  CHECK_FALSE(found().empty());
}
