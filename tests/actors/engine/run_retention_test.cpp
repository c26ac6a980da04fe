#include "actors/engine/dead_letters.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_check.hpp"
#include "actors/engine/run_pruning.hpp"
#include "actors/engine/run_records.hpp"
#include "actors/engine/run_retention.hpp"
#include "actors/engine/store_pruning.hpp"
#include "runtime/actor_system.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/mortal_store.hpp"
#include "tests/support/places.hpp"

#include <caf/scoped_actor.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto quick = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "quick", "steps": [{"id": "a", "activity": "noop"}]})";

constexpr auto failing = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "failing", "steps": [{"id": "a", "activity": "signal",
"with": {"name": "go"}, "timeout": {"schedule_to_close": "1ms"}}]})";

constexpr auto waiting = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "waiting", "steps": [{"id": "a", "activity": "signal",
"with": {"name": "go"}}]})";

constexpr auto forever = std::chrono::hours{24 * 365};

/// A rule that lets nothing go.
run_retention all_stay() {
  auto keep = run_retention{};
  keep.keep_for = keep.keep_failed_for = forever;
  return keep;
}

class retention_fixture {
public:
  retention_fixture() : store{(folder_ / "store.db").string()} {}

  [[nodiscard]] local_engine start(std::vector<engine_companion> with = {}) {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    options.companions = std::move(with);
    auto engine = local_engine::start(std::move(options));
    REQUIRE(engine);
    return std::move(*engine);
  }

  static messages::RunAccepted submit(local_engine& engine, const char* text,
                                      const std::string& key = {}) {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(text);
    wanted.set_idempotency_key(key);
    const auto run = engine.submit(wanted);
    REQUIRE(run);
    return *run;
  }

  static std::string run_to_end(local_engine& engine, const char* text,
                                const std::string& key = {}) {
    const auto run = submit(engine, text, key);
    REQUIRE(engine.await(run.run_id(), {}, ""));
    return run.run_id();
  }

  void change(const std::string& sql) {
    change_store(store, sql);
  }

  std::int64_t count(const std::string& from) {
    return number_in(store, "SELECT count(*) FROM " + from);
  }

  [[nodiscard]] std::vector<std::string> surplus(const run_retention& keep) {
    auto stored = retained_runs::open(store);
    REQUIRE(stored);
    const auto found = stored->surplus(keep, time.now(), 1'000);
    REQUIRE(found);
    auto ids = std::vector<std::string>{};
    for (const auto& run : *found)
      ids.push_back(run.run_id);
    return ids;
  }

private:
  temporary_folder folder_;

public:
  std::string store;
  runtime::real_clock time;
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(retention_fixture, "age and number decide which runs may go") {
  auto ids = strings{};
  auto failed = strings{};
  {
    auto engine = start();
    for (auto i = 0; i < 3; ++i)
      ids.push_back(run_to_end(engine, quick));
    for (auto i = 0; i < 2; ++i)
      failed.push_back(run_to_end(engine, failing));
    run_to_end(engine, quick); // The newest stays, whatever the rule.
  }
  CHECK(surplus(all_stay()).empty());
  auto keep = all_stay();
  SECTION("each kind has an age of its own") {
    keep.keep_for = 0ms;
    CHECK(surplus(keep) == ids);
    keep = all_stay();
    keep.keep_failed_for = 0ms;
    CHECK(surplus(keep) == failed);
  }
  SECTION("and a number") {
    keep.keep_max = 2; // Of four that did not fail.
    CHECK(surplus(keep) == strings{ids[0], ids[1]});
    keep = all_stay();
    keep.keep_failed_max = 1;
    CHECK(surplus(keep) == strings{failed[0]});
  }
  SECTION("the figures say the same") {
    keep.keep_for = 0ms;
    auto stored = retained_runs::open(store);
    REQUIRE(stored);
    const auto figures = stored->figures(keep, time.now());
    REQUIRE(figures);
    CHECK(figures->open == 0);
    CHECK(figures->ended == 4);
    CHECK(figures->failed == 2);
    CHECK(figures->surplus == 3);
  }
}

TEST_CASE_METHOD(retention_fixture,
                 "runs that are open, and children of runs that stay, stay") {
  {
    auto engine = start();
    submit(engine, waiting);
    const auto parent = run_to_end(engine, quick);
    const auto child = run_to_end(engine, quick);
    run_to_end(engine, quick);
    change("UPDATE engine_runs SET parent_run = '" + parent
           + "' WHERE run_id = '" + child + "'");
    auto keep = all_stay();
    keep.keep_for = 0ms;
    CHECK(surplus(keep) == strings{parent});
  }
  const auto gone = prune_store(store, {}, 0ms);
  REQUIRE(gone);
  CHECK(gone->runs == 2); // The parent, then the child.
  CHECK(count("engine_runs WHERE is_over = 0") == 1);
}

TEST_CASE_METHOD(retention_fixture,
                 "what belongs to a run goes with it, but for its key") {
  auto first = std::string{};
  {
    auto engine = start();
    first = run_to_end(engine, quick, "monday");
    run_to_end(engine, failing);
    run_to_end(engine, quick);
  }
  REQUIRE(count("engine_dead_letters") == 1);
  const auto gone = prune_store(store, {}, 0ms);
  REQUIRE(gone);
  CHECK(gone->runs == 2);
  CHECK(gone->rows > 2);
  CHECK(count("engine_runs") == 1);
  CHECK(count("engine_history WHERE run <> 3") == 0);
  CHECK(count("engine_pruned") == 0);
  // They have a rule of their own.
  CHECK(count("engine_dead_letters") == 1);
  CHECK(check_runs(store).problems.empty());
  {
    auto engine = start();
    const auto known = submit(engine, quick, "monday");
    CHECK(known.is_known());
    CHECK(known.run_id() == first);
    // Numbers are not given twice.
    CHECK(submit(engine, quick).number() == 4);
  }
  // Its time is over a week later.
  change("UPDATE engine_kept_keys SET until = 1");
  REQUIRE(prune_store(store, {}, 0ms));
  CHECK(count("engine_kept_keys") == 0);
  auto engine = start();
  CHECK_FALSE(submit(engine, quick, "monday").is_known());
}

TEST_CASE_METHOD(retention_fixture, "a key without a time goes with its run") {
  {
    auto engine = start();
    run_to_end(engine, quick, "monday");
    run_to_end(engine, quick);
  }
  auto keep = run_retention{};
  keep.keep_keys_for = 0ms;
  REQUIRE(prune_store(store, keep, 0ms));
  CHECK(count("engine_kept_keys") == 0);
  CHECK(count("engine_runs") == 1);
}

TEST_CASE_METHOD(retention_fixture,
                 "a long history is deleted in bounded transactions") {
  {
    auto engine = start();
    run_to_end(engine, quick);
    run_to_end(engine, quick);
  }
  change("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n"
         " WHERE i < 12100) INSERT INTO engine_history SELECT 1, i, 0, 1, x''"
         " FROM n");
  const auto bounds = pruning_bounds{};
  auto stored = retained_runs::open(store);
  REQUIRE(stored);
  const auto runs = stored->surplus({}, time.now() + forever, 10);
  REQUIRE(runs);
  REQUIRE(runs->size() == 1);
  // As after a crash behind its transaction.
  change("BEGIN; INSERT INTO engine_pruned VALUES (1);"
         "DELETE FROM engine_runs WHERE number = 1; COMMIT");
  CHECK(*stored->has_unfinished());
  // What is on its way is no damage.
  CHECK(check_runs(store).problems.empty());
  const auto request = prune_request({}, {}, bounds, time.now());
  CHECK(request.transaction.statements_size() == 10);
  const auto gone = prune_store(store, all_stay(), {});
  REQUIRE(gone);
  CHECK(gone->runs == 0);
  CHECK(gone->rows > 12'001);
  CHECK_FALSE(*stored->has_unfinished());
  CHECK(count("engine_history WHERE run = 1") == 0);
}

TEST_CASE_METHOD(retention_fixture,
                 "a run that went on since it was chosen stays") {
  {
    auto engine = start();
    run_to_end(engine, quick);
    run_to_end(engine, quick);
  }
  auto stored = retained_runs::open(store);
  REQUIRE(stored);
  auto runs = stored->surplus({}, time.now() + forever, 10);
  REQUIRE(runs);
  REQUIRE(runs->size() == 1);
  change("UPDATE engine_runs SET updated_at = updated_at + 1 WHERE number = 1");
  auto system = runtime::local_system{{.threads = 1}};
  auto at = runtime::store_options{};
  at.path = store;
  auto writer = runtime::spawn_store(*system, at, engine_schema());
  REQUIRE(writer);
  auto request = prune_request(*runs, {}, {}, time.now());
  {
    auto self = caf::scoped_actor{*system};
    self->request(*writer, 10s, request.transaction, request.rows)
      .receive(
        [&](const messages::TransactionCommitted& done) {
          CHECK(read_pruned(done).runs == 0);
        },
        [](const caf::error& error) { FAIL(to_string(error)); });
    self->send_exit(*writer, caf::exit_reason::user_shutdown);
    self->wait_for(*writer);
  }
  writer = runtime::fail(runtime::problem_kind::unavailable, "closed");
  CHECK(count("engine_runs") == 2);
}

TEST_CASE_METHOD(retention_fixture,
                 "beside an engine runs go by themselves when it has no work") {
  {
    auto engine = start();
    for (auto i = 0; i < 4; ++i)
      run_to_end(engine, quick);
  }
  auto options = run_pruning_options{};
  options.store_path = store;
  options.keep = all_stay();
  options.keep.keep_max = 1;
  options.time = &time;
  options.first_after = 0ms;
  options.bounds.runs_max = 2;
  auto companion = engine_companion{};
  companion.id = "retention";
  companion.start
    = [options](caf::actor_system& system, const runtime::store_actor& writer,
                const engine_actor& engine) {
        return caf::actor_cast<caf::actor>(
          spawn_run_pruning(system, writer, engine, options));
      };
  auto engine = start({companion});
  const auto patience = std::chrono::steady_clock::now() + 60s;
  // Asking the engine lets others have a turn.
  while (count("engine_runs") > 1
         && std::chrono::steady_clock::now() < patience)
    CHECK_FALSE(engine.progress("nobody"));
  CHECK(count("engine_runs") == 1);
}

TEST_CASE_METHOD(retention_fixture, "what cannot be pruned says why") {
  const auto missing = prune_store(store, {}, 0ms);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == runtime::problem_kind::not_found);
  auto engine = start();
  run_to_end(engine, quick);
  const auto busy = prune_store(store, {}, 0ms);
  REQUIRE_FALSE(busy);
  CHECK(busy.error().kind == runtime::problem_kind::unavailable);
}

TEST_CASE_METHOD(retention_fixture, "who waits for pruning that ends is told") {
  {
    auto engine = start();
    run_to_end(engine, quick);
    run_to_end(engine, quick);
  }
  auto system = runtime::local_system{{.threads = 2}};
  auto options = run_pruning_options{};
  options.store_path = store;
  options.keep = all_stay();
  options.time = &time;
  auto pruning
    = spawn_run_pruning(*system, spawn_mortal_store(*system), {}, options);
  auto reason = std::optional<runtime::problem>{};
  caf::scoped_actor {
    *system
    } -> request(pruning, 60s, prune_now{0ms})
      .receive([](const runs_pruned&) {},
               [&](const caf::error& error) {
                 reason = runtime::to_problem(error, *system);
               });
  REQUIRE(reason);
  CHECK(reason->kind == runtime::problem_kind::unavailable);
  pruning = nullptr;
  system.shutdown(10s);
}
