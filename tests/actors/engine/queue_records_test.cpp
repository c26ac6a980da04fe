#include "actors/engine/load_limits.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/engine/queue_records.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto asked = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "asked", "steps": [{"id": "a", "activity": "signal",
"with": {"name": "go"}}]})";

local_engine start(const std::string& store) {
  auto options = local_engine_options{};
  options.store = store;
  options.threads = 2;
  auto engine = local_engine::start(options);
  REQUIRE(engine);
  return std::move(*engine);
}

/// Once it answers, it has taken over what is in the store.
std::string submit(local_engine& engine) {
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(asked);
  const auto run = engine.submit(wanted);
  REQUIRE(run);
  return run->run_id();
}

std::string mark_of(const std::string& store, const std::string& run_id) {
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  const auto found = runs->find(run_id);
  REQUIRE(found);
  return found->set_aside;
}

} // namespace

TEST_CASE("a run with a broken history is marked until it is whole again") {
  const auto folder = temporary_folder{};
  const auto store = (folder / "runs.db").string();
  auto run = std::string{};
  {
    auto engine = start(store);
    run = submit(engine);
  }
  CHECK(mark_of(store, run).empty());
  change_store(store,
               "CREATE TABLE kept AS SELECT * FROM engine_history;"
               "UPDATE engine_history SET events = x'ff' WHERE sequence ="
               " (SELECT max(sequence) FROM engine_history)");
  {
    auto engine = start(store);
    static_cast<void>(submit(engine));
  }
  CHECK(mark_of(store, run).find("cannot be decoded") != std::string::npos);
  change_store(store,
               "UPDATE engine_history SET events = (SELECT events FROM kept"
               " WHERE kept.run = engine_history.run AND kept.sequence ="
               " engine_history.sequence) WHERE run = 1");
  {
    auto engine = start(store);
    static_cast<void>(submit(engine));
  }
  CHECK(mark_of(store, run).empty());
}

TEST_CASE("limits of the load say which one is exceeded") {
  auto load = runtime::host_load{};
  load.memory_percent = 91.6;
  CHECK_FALSE(overload_reason({}, load));
  CHECK(overload_reason({0, 90}, load)
        == "memory is at 92 %, the limit is 90 % (--memory-max)");
  // The first look tells nothing of the processors.
  CHECK_FALSE(overload_reason({50, 0}, load));
  load.cpu_percent = 50.4;
  CHECK(overload_reason({50, 0}, load)
        == "cpu is at 50 %, the limit is 50 % (--cpu-max)");
  CHECK_FALSE(overload_reason({51, 92}, load));
}
