#include "actors/engine/local_engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_check.hpp"
#include "actors/engine/run_snapshots.hpp"
#include "tests/actors/engine/stored_run.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

/// Hundreds of events, then it waits.
constexpr auto long_one = R"(apiVersion: troupe/v1
kind: Workflow
id: long
inputs: {items: {type: array, required: true}}
steps:
- {id: each, foreach: "${inputs.items}", max_parallel: 50, activity: noop, with: {n: "${item}"}}
- {id: wait, needs: [each], activity: signal, with: {name: go}}
)";

/// A store with a run that has a long history and is open.
struct long_run {
  temporary_folder folder;
  std::string store = (folder / "store.db").string();
  std::string run_id;

  long_run() {
    auto engine = start();
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(long_one);
    auto items = std::string{"[0"};
    for (auto i = 1; i < 150; ++i)
      items += "," + std::to_string(i);
    wanted.set_inputs("{\"items\":" + items + "]}");
    const auto run = engine.submit(wanted);
    REQUIRE(run);
    run_id = run->run_id();
    while (engine.progress(run_id)->waiting_on() != "signal") {
    }
    // That, too, is stored behind it.
    auto pause = messages::ChangeRun{};
    pause.set_run_id(run_id);
    pause.set_pause(true);
    REQUIRE(engine.change(pause));
  }

  [[nodiscard]] local_engine start() const {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    options.ledger.snapshot_events_per_task = 1;
    auto engine = local_engine::start(options);
    REQUIRE(engine);
    return std::move(*engine);
  }

  void change(const std::string& sql) const {
    change_store(store, sql);
  }

  [[nodiscard]] std::int64_t count(const std::string& from) const {
    return number_in(store, "SELECT count(*) FROM " + from);
  }

  /// What an engine that starts takes over, and which snapshots it ignores.
  struct taken_over {
    std::vector<std::string> runs;
    int ignored = 0;
    int set_aside = 0;
  };

  [[nodiscard]] taken_over take_over() const {
    auto runs = recorded_runs::open(store);
    REQUIRE(runs);
    auto taken = taken_over{};
    REQUIRE(runs->for_each_open(
      [&](run_number, std::unique_ptr<run_state> run) {
        taken.runs.push_back(run->to_snapshot().SerializeAsString());
      },
      [&](run_number, const runtime::problem&) { ++taken.set_aside; },
      [&](run_number, const runtime::problem&) { ++taken.ignored; }));
    return taken;
  }

  [[nodiscard]] std::string folded() const {
    return fold_run(store, run_id)->to_snapshot().SerializeAsString();
  }

  void finish() const {
    auto engine = start();
    auto wanted = messages::ChangeRun{};
    wanted.set_run_id(run_id);
    wanted.set_resume(true);
    REQUIRE(engine.change(wanted));
    wanted.mutable_signal()->set_name("go");
    REQUIRE(engine.change(wanted));
    const auto ended = engine.await(run_id, {}, "");
    REQUIRE(ended);
    CHECK(ended->status() == "completed");
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(long_run, "a long history has a snapshot, which says the same "
                           "and goes with the run's end") {
  REQUIRE(count("engine_snapshots") == 1);
  CHECK(count("engine_snapshots WHERE sequence >= 200") == 1);
  CHECK(take_over().runs == texts{folded()});
  CHECK(take_over().ignored == 0);
  // What it covers is not read.
  change("UPDATE engine_history SET events = x'00' WHERE sequence <= (SELECT"
         " sequence FROM engine_snapshots)");
  const auto taken = take_over();
  CHECK(taken.runs.size() == 1);
  CHECK(taken.set_aside == 0);
}

TEST_CASE_METHOD(long_run, "a run goes on from its snapshot to its end") {
  finish();
  CHECK(count("engine_snapshots") == 0);
  CHECK(check_runs(store).problems.empty());
}

TEST_CASE_METHOD(long_run, "a broken snapshot is ignored") {
  change("UPDATE engine_snapshots SET state = substr(state, 3)");
  auto taken = take_over();
  CHECK(taken.runs == texts{folded()});
  CHECK(taken.ignored == 1);
  SECTION("and the run goes on") {
    finish();
    CHECK(check_runs(store).problems.empty());
  }
  SECTION("but not when its history is broken, too") {
    change("UPDATE engine_history SET events = x'00' WHERE sequence = (SELECT"
           " min(sequence) FROM engine_history)");
    taken = take_over();
    CHECK(taken.runs.empty());
    CHECK(taken.set_aside == 1);
  }
}

TEST_CASE("a snapshot of another workflow is refused") {
  const auto of = [](std::size_t steps) {
    auto made = workflow{};
    made.id = "w";
    made.steps.resize(steps);
    return std::make_shared<const workflow>(std::move(made));
  };
  auto state = run_state{of(1)};
  auto event = messages::RunEvent{};
  event.set_sequence(1);
  event.mutable_submitted()->set_run_id("r");
  REQUIRE(state.apply(event));
  auto snapshot = state.to_snapshot();
  CHECK(run_state::from_snapshot(of(1), snapshot));
  CHECK_FALSE(run_state::from_snapshot(of(2), snapshot));
  snapshot.set_format(77);
  CHECK_FALSE(run_state::from_snapshot(of(1), snapshot));
}
