#include "actors/scheduler/schedule_records.hpp"
#include "actors/scheduler/scheduler.hpp"
#include "runtime/actor_system.hpp"
#include "tests/support/mortal_store.hpp"
#include "tests/support/places.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <future>
#include <mutex>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scheduler;
using namespace troupe::tests;

namespace {

/// What a scheduler asked of an engine that has no room at first.
struct asked {
  std::mutex mutex;
  std::vector<messages::SubmitRun> runs;
  std::promise<std::string> awaited; ///< The run whose end is asked for.
  bool forgets = false; ///< Runs are gone as soon as they have ended.
};

run_starter_actor::behavior_type engine(std::shared_ptr<asked> heard) {
  return {
    [=](const messages::SubmitRuns& wanted) {
      auto answer = messages::RunsAccepted{};
      const auto guard = std::lock_guard{heard->mutex};
      for (const auto& run : wanted.runs()) {
        heard->runs.push_back(run);
        auto& each = *answer.add_each();
        if (heard->runs.size() == 1)
          each.mutable_refused()->set_kind(
            static_cast<int>(runtime::problem_kind::unavailable));
        else
          each.mutable_accepted()->set_run_id("r1");
      }
      return answer;
    },
    [](const messages::ChangeRun&) { return messages::RunChanged{}; },
    [=](const messages::AwaitRun& wanted) -> caf::result<messages::RunResult> {
      heard->awaited.set_value(wanted.run_id());
      if (heard->forgets)
        return runtime::to_error(
          runtime::fail(runtime::problem_kind::not_found, "no such run")
            .value());
      auto result = messages::RunResult{};
      result.set_status("completed");
      return result;
    },
  };
}

struct scheduled {
  temporary_folder folder;
  runtime::real_clock time;
  runtime::local_system system{{.threads = 2}};
  std::shared_ptr<asked> heard = std::make_shared<asked>();
  scheduler_options options;
  runtime::store_actor store;
  run_starter_actor starter;
  scheduler_actor subject;

  scheduled() {
    options.store_path = (folder / "store.db").string();
    options.time = &time;
    options.retry_after = 1ms;
    options.has_fired = [](const std::string&) { return false; };
    auto from = runtime::store_options{};
    from.path = options.store_path;
    auto opened = runtime::spawn_store(*system, from, scheduler_schema());
    REQUIRE(opened);
    store = *opened;
    starter = system->spawn([this] { return engine(heard); });
    subject = spawn_scheduler(*system, store, starter, options);
  }

  ~scheduled() {
    for (const auto& actor : {caf::actor_cast<caf::actor>(subject),
                              caf::actor_cast<caf::actor>(starter),
                              caf::actor_cast<caf::actor>(store)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    subject = nullptr;
    starter = nullptr;
    store = nullptr;
    system.shutdown(10s);
  }

  /// Returns once what the engine answered to `awaited` lies before the
  /// scheduler, ahead of whatever is asked of it from now on.
  void await_end_of_run() {
    CHECK(heard->awaited.get_future().get() == "r1");
    auto self = caf::scoped_actor{*system};
    self->request(starter, 60s, messages::ChangeRun{})
      .receive([](const messages::RunChanged&) {},
               [](const caf::error& error) { FAIL(to_string(error)); });
  }

  /// The problem of the answer, if there is one.
  template <class Question>
  std::optional<runtime::problem> ask(const Question& question) {
    auto reason = std::optional<runtime::problem>{};
    auto self = caf::scoped_actor{*system};
    self->request(subject, 60s, question)
      .receive([](const messages::ScheduleAnswer&) {},
               [&](const caf::error& error) {
                 reason = runtime::to_problem(error, *system);
               });
    return reason;
  }
};

} // namespace

TEST_CASE_METHOD(scheduled, "a start that found no room is asked for again") {
  auto add = messages::AddSchedule{};
  add.set_text("apiVersion: troupe/v1\nkind: Schedule\nid: yearly\n"
               "workflow: job\ncron: 0 0 1 1 *\ninputs: {n: 7}\n");
  REQUIRE_FALSE(ask(add));
  auto trigger = messages::ChangeSchedule{};
  trigger.set_id("yearly");
  trigger.set_trigger(true);
  REQUIRE_FALSE(ask(trigger));
  await_end_of_run();
  {
    const auto guard = std::lock_guard{heard->mutex};
    REQUIRE(heard->runs.size() == 2);
    CHECK(heard->runs[0].idempotency_key() == heard->runs[1].idempotency_key());
    CHECK(heard->runs[1].workflow_id() == "job");
    CHECK(heard->runs[1].inputs() == R"({"n":7})");
    CHECK(heard->runs[1].by() == "schedule yearly");
  }
  auto pause = messages::ChangeSchedule{};
  pause.set_id("yearly");
  pause.mutable_pause();
  REQUIRE_FALSE(ask(pause));
  CHECK(ask(pause)->kind == runtime::problem_kind::conflict);
  auto stored = recorded_schedules::open(options.store_path);
  REQUIRE(stored);
  CHECK(stored->find("yearly")->is_paused);
}

TEST_CASE_METHOD(scheduled, "a run that is not kept any more has ended") {
  heard->forgets = true;
  auto add = messages::AddSchedule{};
  add.set_text("apiVersion: troupe/v1\nkind: Schedule\nid: yearly\n"
               "workflow: job\ncron: 0 0 1 1 *\n");
  REQUIRE_FALSE(ask(add));
  auto trigger = messages::ChangeSchedule{};
  trigger.set_id("yearly");
  trigger.set_trigger(true);
  REQUIRE_FALSE(ask(trigger));
  await_end_of_run();
  auto pause = messages::ChangeSchedule{};
  pause.set_id("yearly");
  pause.mutable_pause();
  REQUIRE_FALSE(ask(pause));
  auto stored = recorded_schedules::open(options.store_path);
  REQUIRE(stored);
  CHECK(stored->find("yearly")->active == 0);
}

TEST_CASE_METHOD(scheduled, "what is no schedule is refused with its place") {
  auto add = messages::AddSchedule{};
  add.set_text("apiVersion: troupe/v1\nkind: Schedule\n");
  add.set_file("s.yaml");
  const auto refused = ask(add);
  REQUIRE(refused);
  CHECK(refused->kind == runtime::problem_kind::invalid_input);
  CHECK(refused->file == "s.yaml");
  auto remove = messages::ChangeSchedule{};
  remove.set_id("nobody");
  remove.set_remove(true);
  CHECK(ask(remove)->kind == runtime::problem_kind::not_found);
}

TEST_CASE_METHOD(scheduled, "who waits for a scheduler that ends is told") {
  auto other
    = spawn_scheduler(*system, spawn_mortal_store(*system),
                      system->spawn([this] { return engine(heard); }), options);
  std::swap(subject, other);
  auto add = messages::AddSchedule{};
  add.set_text("apiVersion: troupe/v1\nkind: Schedule\nid: yearly\n"
               "workflow: job\ncron: 0 0 1 1 *\n");
  const auto reason = ask(add);
  std::swap(subject, other);
  REQUIRE(reason);
  CHECK(reason->kind == runtime::problem_kind::unavailable);
}
