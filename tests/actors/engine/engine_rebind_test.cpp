#include "actors/engine/activity_hold.hpp"
#include "actors/engine/durable_reports.hpp"
#include "actors/engine/engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_records.hpp"
#include "runtime/actor_system.hpp"
#include "tests/support/places.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto text = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "job", "steps": [{"id": "s", "activity": "noop"}]})";

/// Fails the first transactions as a full disk would; hands on the others.
runtime::store_actor::behavior_type
reluctant_store(runtime::store_actor::pointer self, runtime::store_actor behind,
                const std::shared_ptr<int>& refusals) {
  self->monitor(behind);
  return {
    [=](const messages::CommitTransaction& what,
        const messages::column_block& rows)
      -> caf::result<messages::TransactionCommitted> {
      if (*refusals > 0) {
        --*refusals;
        return runtime::to_error(
          runtime::fail(runtime::problem_kind::unavailable, "the disk is full")
            .value());
      }
      return self->delegate(behind, what, rows);
    },
    [=](const messages::GetStoreStatus& what) {
      return self->delegate(behind, what);
    },
  };
}

/// Engines over one store, and the test as a host of another process.
struct outlived_engine {
  temporary_folder folder;
  runtime::real_clock time;
  runtime::local_system system{{.threads = 2}};
  std::optional<caf::scoped_actor> host{*system};
  std::shared_ptr<int> refusals = std::make_shared<int>(0);
  runtime::store_actor behind;
  runtime::store_actor store;
  run_validation_actor validator;
  engine_options options;
  engine_actor engine;
  int ids = 0;

  outlived_engine() {
    options.store_path = (folder / "store.db").string();
    options.time = &time;
    options.draw = [] { return std::uint64_t{0}; };
    options.new_id = [this] { return "run-" + std::to_string(++ids); };
    options.ledger.rebind_window = 1h;
    auto from = runtime::store_options{};
    from.path = options.store_path;
    auto opened = runtime::spawn_store(*system, from, engine_schema());
    REQUIRE(opened);
    behind = *opened;
    store = system->spawn(reluctant_store, behind, refusals);
    validator = spawn_run_validation(*system, options.store_path);
    start();
  }

  ~outlived_engine() {
    stop();
    for (const auto& actor : {caf::actor_cast<caf::actor>(validator),
                              caf::actor_cast<caf::actor>(store),
                              caf::actor_cast<caf::actor>(behind)}) {
      (*host)->send_exit(actor, caf::exit_reason::user_shutdown);
      (*host)->wait_for(actor);
    }
    validator = nullptr;
    store = behind = nullptr;
    host.reset();
    system.shutdown(10s);
  }

  void start() {
    engine = spawn_engine(*system, store, validator, options);
  }

  void stop() {
    (*host)->send_exit(engine, caf::exit_reason::kill);
    (*host)->wait_for(engine);
    engine = nullptr;
  }

  template <class Answer, class Question>
  Answer ask(const Question& question) {
    auto answer = std::optional<Answer>{};
    (*host)
      ->request(engine, 20s, question)
      .receive([&](const Answer& what) { answer = what; },
               [](const caf::error& error) { FAIL(to_string(error)); });
    return *answer;
  }

  /// What the engine tells the host next.
  template <class Message>
  Message hear() {
    auto heard = std::optional<Message>{};
    (*host)->receive([&](const Message& what) { heard = what; },
                     caf::after(20s) >> [] { FAIL("nothing is heard"); });
    return *heard;
  }

  void pull(std::uint32_t credit,
            const std::vector<messages::ActivityRef>& running = {},
            const std::string& node = {}) {
    auto request = messages::GetActivities{};
    request.set_node(node);
    request.set_credit(credit);
    request.add_activities("noop");
    for (const auto& ref : running)
      *request.add_running() = ref;
    (*host)->send(engine, std::move(request));
  }

  std::string submit() {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(text);
    return ask<messages::RunAccepted>(wanted).run_id();
  }

  /// Work that the host has; the claim is stored.
  messages::ActivityRef begin() {
    submit();
    pull(1);
    const auto given = hear<messages::RunActivities>();
    REQUIRE(given.activities_size() == 1);
    auto wanted = messages::ApplyWorkflow{};
    wanted.set_text(text);
    static_cast<void>(ask<messages::WorkflowApplied>(wanted));
    return given.activities(0).ref();
  }

  static messages::ActivityReports success_of(const messages::ActivityRef& ref,
                                              std::uint64_t epoch) {
    auto reports = messages::ActivityReports{};
    auto& success = *reports.add_reports()->mutable_succeeded();
    *success.mutable_ref() = ref;
    success.mutable_ref()->set_epoch(epoch);
    success.set_output_json("{}");
    reports.set_credit(1);
    return reports;
  }

  void succeed(const messages::ActivityRef& ref, std::uint64_t epoch) {
    (*host)->send(engine, success_of(ref, epoch));
  }

  /// As a host that keeps what it reports until it is stored.
  void succeed_durably(const messages::ActivityRef& ref, std::uint64_t number) {
    (*host)->send(caf::actor_cast<durable_source_actor>(engine),
                  durable_reports{number, success_of(ref, ref.epoch())});
  }

  std::string end_of(const std::string& run_id) {
    auto wanted = messages::AwaitRun{};
    wanted.set_run_id(run_id);
    return ask<messages::RunResult>(wanted).status();
  }

  /// As it is stored.
  [[nodiscard]] std::vector<messages::RunEvent>
  history_of(const std::string& run_id) const {
    auto runs = recorded_runs::open(options.store_path);
    REQUIRE(runs);
    const auto found = runs->find(run_id);
    REQUIRE(found);
    const auto history = runs->history(found->number);
    REQUIRE(history);
    return *history;
  }

  /// How often the run was given out, as it is stored.
  [[nodiscard]] std::ptrdiff_t claims_of(const std::string& run_id) const {
    return std::ranges::count_if(history_of(run_id), [](const auto& event) {
      return event.has_claimed();
    });
  }
};

} // namespace

TEST_CASE_METHOD(outlived_engine,
                 "work of another process goes on with the next engine") {
  const auto ref = begin();
  stop();
  // The first time the store refuses: then what is named waits, too.
  *refusals = GENERATE(0, 1);
  start();
  auto unknown = ref;
  unknown.set_claim(ref.claim() + 1);
  pull(0, {ref, unknown});
  const auto kept = hear<messages::KeepActivities>();
  CHECK(kept.epoch() == ref.epoch() + 1);
  REQUIRE(kept.refs_size() == 1);
  CHECK(kept.refs(0).SerializeAsString() == ref.SerializeAsString());
  const auto dropped = hear<messages::CancelActivity>();
  CHECK(dropped.ref().claim() == unknown.claim());
  CHECK(dropped.has_grace_ms());
  CHECK(dropped.grace_ms() == 0);
  succeed(ref, kept.epoch());
  CHECK(end_of(ref.run()) == "completed");
  CHECK(claims_of(ref.run()) == 1);
}

TEST_CASE_METHOD(outlived_engine, "what nobody names is given out once more") {
  const auto ref = begin();
  stop();
  options.ledger.rebind_window = 1ms;
  start();
  pull(1);
  const auto given = hear<messages::RunActivities>();
  REQUIRE(given.activities_size() == 1);
  const auto again = given.activities(0).ref();
  CHECK(again.claim() > ref.claim());
  CHECK(again.attempt() == 1);
  succeed(ref, ref.epoch()); // Too late.
  succeed(again, again.epoch());
  CHECK(end_of(ref.run()) == "completed");
  CHECK(claims_of(ref.run()) == 2);
}

TEST_CASE_METHOD(outlived_engine, "what all who live have not named is given "
                                  "out before the window is over") {
  const auto ref = begin();
  stop();
  start();
  pull(1);
  (*host)->send(caf::actor_cast<activity_holder_actor>(engine),
                all_have_spoken{});
  const auto given = hear<messages::RunActivities>();
  REQUIRE(given.activities_size() == 1);
  CHECK(given.activities(0).ref().claim() > ref.claim());
}

TEST_CASE_METHOD(outlived_engine, "a host that comes late drops its work") {
  const auto ref = begin();
  stop();
  options.ledger.rebind_window = 0ms;
  start();
  pull(0, {ref});
  CHECK(hear<messages::CancelActivity>().ref().claim() == ref.claim());
}

TEST_CASE_METHOD(outlived_engine, "a host that begins anew counts once") {
  const auto ref = begin();
  pull(1, {ref});
  CHECK(hear<messages::KeepActivities>().epoch() == ref.epoch());
  pull(1, {ref});
  CHECK(hear<messages::KeepActivities>().refs_size() == 1);
  submit();
  const auto given = hear<messages::RunActivities>();
  REQUIRE(given.activities_size() == 1);
  submit();
  auto status = ask<messages::EngineStatus>(messages::GetEngineStatus{});
  CHECK(status.ready_tasks() == 1);
  CHECK(status.hosts() == 1);
  // It does not know of the second piece any more.
  pull(0, {ref});
  CHECK(hear<messages::KeepActivities>().refs_size() == 1);
  status = ask<messages::EngineStatus>(messages::GetEngineStatus{});
  CHECK(status.ready_tasks() == 2);
  succeed(ref, ref.epoch());
  CHECK(end_of(ref.run()) == "completed");
}

TEST_CASE_METHOD(outlived_engine,
                 "a host that keeps its reports hears when they are stored") {
  const auto ref = begin();
  succeed_durably(ref, 7);
  CHECK(hear<reports_stored>().number == 7);
  // With the verdict on the run, which came behind the report.
  const auto history = history_of(ref.run());
  REQUIRE_FALSE(history.empty());
  CHECK(history.back().ended().outcome() == messages::RunEnded::COMPLETED);
  // What changes nothing is stored, too.
  succeed_durably(ref, 8);
  CHECK(hear<reports_stored>().number == 8);
}

TEST_CASE_METHOD(outlived_engine,
                 "another node begins nothing whose claim is not stored") {
  pull(50, {}, "w");
  auto begun = 0;
  for (auto i = 0; i < 20; ++i)
    submit();
  while (begun < 20) {
    const auto given = hear<messages::RunActivities>();
    for (const auto& each : given.activities()) {
      CHECK(claims_of(each.ref().run()) == 1);
      ++begun;
    }
  }
}

TEST_CASE_METHOD(outlived_engine,
                 "a host that is held from its first word gets nothing") {
  submit();
  auto request = messages::GetActivities{};
  request.set_node("w");
  request.set_credit(1);
  request.add_activities("noop");
  request.set_is_held(true);
  (*host)->send(engine, std::move(request));
  const auto held = ask<messages::EngineStatus>(messages::GetEngineStatus{});
  CHECK(held.hosts() == 1);
  CHECK(held.ready_tasks() == 1);
  (*host)->send(caf::actor_cast<activity_holder_actor>(engine),
                hold_activities{false});
  CHECK(hear<messages::RunActivities>().activities_size() == 1);
}
