#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "actors/scheduler/scheduler.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/store/store_writer.hpp"
#include "tests/actors/scheduler/schedules.hpp"
#include "tests/support/mortal_store.hpp"
#include "tests/support/places.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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
  std::vector<messages::SubmitRun> early; ///< With an instant.
  std::vector<messages::ChangeRun> taken_back;
  /// What is said to who wants a run back; empty: it is taken back.
  std::optional<runtime::problem> begun;
  /// For whoever waits for such a run.
  std::vector<caf::typed_response_promise<messages::RunResult>> ends;
  bool forgets = false; ///< Runs are gone as soon as they have ended.
};

run_starter_actor::behavior_type engine(run_starter_actor::pointer self,
                                        std::shared_ptr<asked> heard) {
  return {
    [=](const messages::SubmitRuns& wanted) {
      auto answer = messages::RunsAccepted{};
      const auto guard = std::lock_guard{heard->mutex};
      for (const auto& run : wanted.runs()) {
        if (run.not_before() != 0) {
          heard->early.push_back(run);
          answer.add_each()->mutable_accepted()->set_run_id(
            "early " + std::to_string(heard->early.size()));
          continue;
        }
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
    [=](
      const messages::ChangeRun& wanted) -> caf::result<messages::RunChanged> {
      const auto guard = std::lock_guard{heard->mutex};
      if (!wanted.has_withdraw())
        return messages::RunChanged{};
      heard->taken_back.push_back(wanted);
      if (heard->begun)
        return runtime::to_error(*heard->begun);
      // Whoever waits for its end hears of that, too.
      auto result = messages::RunResult{};
      result.set_status("cancelled");
      for (auto& each : std::exchange(heard->ends, {}))
        each.deliver(result);
      return messages::RunChanged{};
    },
    [=](const messages::AwaitRun& wanted) -> caf::result<messages::RunResult> {
      if (wanted.run_id().starts_with("early")) {
        heard->ends.push_back(
          self->make_response_promise<messages::RunResult>());
        return heard->ends.back();
      }
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

  /// `prepare` is told where the store is to be.
  explicit scheduled(std::chrono::milliseconds ahead = 700ms,
                     void (*prepare)(const std::string& path) = nullptr) {
    options.ahead = ahead;
    options.store_path = (folder / "store.db").string();
    options.time = &time;
    options.retry_after = 1ms;
    options.has_fired = [](const std::string&) { return false; };
    if (prepare != nullptr)
      prepare(options.store_path);
    auto from = runtime::store_options{};
    from.path = options.store_path;
    auto opened = runtime::spawn_store(*system, from, scheduler_schema());
    REQUIRE(opened);
    store = *opened;
    starter = system->spawn(engine, heard);
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
    {
      // Whoever may still answer keeps actors alive.
      const auto guard = std::lock_guard{heard->mutex};
      heard->ends.clear();
    }
    system.shutdown(10s);
  }

  /// Returns once what the engine answered to `awaited` lies before the
  /// scheduler, ahead of whatever is asked of it from now on.
  void await_end_of_run() {
    CHECK(heard->awaited.get_future().get() == "r1");
    await_engine();
  }

  /// Returns once the engine has heard whatever the scheduler has said.
  void await_engine() {
    auto self = caf::scoped_actor{*system};
    self->request(starter, 60s, messages::ChangeRun{})
      .receive([](const messages::RunChanged&) {},
               [](const caf::error& error) { FAIL(to_string(error)); });
  }

  static messages::ChangeSchedule change_of(const std::string& id) {
    auto wanted = messages::ChangeSchedule{};
    wanted.set_id(id);
    return wanted;
  }

  /// Returns once everything that follows from the answers so far is done.
  void settle() {
    auto nobody = change_of("nobody");
    nobody.set_resume(true);
    CHECK(ask(nobody)->kind == runtime::problem_kind::not_found);
    await_engine();
  }

  recorded_schedule stored(const std::string& id = "yearly") {
    auto schedules = recorded_schedules::open(options.store_path);
    REQUIRE(schedules);
    const auto found = schedules->find(id);
    REQUIRE(found);
    return *found;
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

/// Everything is decided long before its time.
struct looking_ahead : scheduled {
  looking_ahead() : scheduled{std::chrono::hours{24 * 400}} {
    auto add = messages::AddSchedule{};
    add.set_text("apiVersion: troupe/v1\nkind: Schedule\nid: yearly\n"
                 "workflow: job\ncron: 0 0 1 1 *\noverlap: allow_all\n"
                 "max_runs: 1\n");
    REQUIRE_FALSE(ask(add));
  }
};

/// A scheduler stopped, long ago, just before a start that it had decided.
struct stopped : scheduled {
  stopped() : scheduled{700ms, prepare} {}

  static void prepare(const std::string& path) {
    const auto text = std::string{
      "apiVersion: troupe/v1\nkind: Schedule\nid: old\nworkflow: job\n"
      "every: 1h\nuntil: 2020-01-01T02:00:00Z\n"};
    auto book = schedule_book{1, 1, 700ms};
    auto read = parse_schedule(text, "old.yaml");
    REQUIRE(read);
    REQUIRE(book.add(std::move(*read), {text, "old.yaml"}, "ann",
                     at("2020-01-01T00:30:00Z")));
    const auto now = at("2020-01-01T00:59:59.5Z");
    book.advance(now, 1);
    auto from = runtime::store_options{};
    from.path = path;
    auto writer = runtime::store_writer::open(from, scheduler_schema(), now);
    REQUIRE(writer);
    const auto all = std::vector<runtime::write_request>{
      store_changes(book.take_changes(), book, 1)};
    const auto done = writer->commit(all);
    REQUIRE(done[0]);
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
  auto other = spawn_scheduler(*system, spawn_mortal_store(*system),
                               system->spawn(engine, heard), options);
  std::swap(subject, other);
  auto add = messages::AddSchedule{};
  add.set_text("apiVersion: troupe/v1\nkind: Schedule\nid: yearly\n"
               "workflow: job\ncron: 0 0 1 1 *\n");
  const auto reason = ask(add);
  std::swap(subject, other);
  REQUIRE(reason);
  CHECK(reason->kind == runtime::problem_kind::unavailable);
}

// -- ahead of time ------------------------------------------------------------

TEST_CASE_METHOD(looking_ahead,
                 "a run is asked for ahead, and taken back before a pause") {
  settle();
  REQUIRE(heard->early.size() == 1);
  const auto run = heard->early[0];
  CHECK(to_string(from_micros(run.not_before())).ends_with("-01-01T00:00:00Z"));
  CHECK(run.idempotency_key()
        == "yearly@" + to_string(from_micros(run.not_before())));
  CHECK(stored().active == 1);
  auto pause = change_of("yearly");
  pause.mutable_pause();
  REQUIRE_FALSE(ask(pause));
  REQUIRE(heard->taken_back.size() == 1);
  CHECK(heard->taken_back[0].withdraw().idempotency_key()
        == run.idempotency_key());
  CHECK(stored().is_paused);
  CHECK(stored().active == 0);
  CHECK(stored().fired == 0);
  auto resume = change_of("yearly");
  resume.set_resume(true);
  REQUIRE_FALSE(ask(resume));
  settle();
  REQUIRE(heard->early.size() == 2);
  CHECK(heard->early[1].idempotency_key() == run.idempotency_key());
}

TEST_CASE_METHOD(looking_ahead,
                 "a start by hand finds what is ahead undecided") {
  auto trigger = change_of("yearly");
  trigger.set_trigger(true);
  REQUIRE_FALSE(ask(trigger));
  settle();
  CHECK(heard->taken_back.size() == 1);
  CHECK_FALSE(heard->runs.empty());
  // The end of the one that was taken back is not that of the next one.
  auto again = change_of("yearly");
  again.set_resume(true);
  CHECK(ask(again)->kind == runtime::problem_kind::conflict);
  CHECK(heard->taken_back.size() == 2);
  CHECK(heard->early.size() >= 2);
}

TEST_CASE_METHOD(looking_ahead, "a run that has begun goes on") {
  heard->begun
    = runtime::fail(runtime::problem_kind::conflict, "it has begun").value();
  auto pause = change_of("yearly");
  pause.mutable_pause();
  REQUIRE_FALSE(ask(pause));
  settle();
  CHECK(stored().is_paused);
  CHECK(stored().active == 1);
  // Its end is waited for anew.
  REQUIRE(heard->early.size() == 2);
  CHECK(heard->early[0].idempotency_key() == heard->early[1].idempotency_key());
}

TEST_CASE_METHOD(looking_ahead,
                 "nothing is changed while nobody can take a run back") {
  heard->begun
    = runtime::fail(runtime::problem_kind::unavailable, "the disk is full")
        .value();
  auto remove = change_of("yearly");
  remove.set_remove(true);
  const auto reason = ask(remove);
  REQUIRE(reason);
  CHECK(reason->kind == runtime::problem_kind::unavailable);
  CHECK(stored().active == 1);
  {
    const auto guard = std::lock_guard{heard->mutex};
    heard->begun.reset();
  }
  REQUIRE_FALSE(ask(remove));
  CHECK(heard->taken_back.size() == 2);
  auto schedules = recorded_schedules::open(options.store_path);
  CHECK(schedules->find("yearly").error().kind
        == runtime::problem_kind::not_found);
}

TEST_CASE_METHOD(stopped,
                 "what was decided ahead of a long stop is missed in the end") {
  // It waits for what is taken back, and is answered when all of it is stored.
  auto pause = change_of("old");
  pause.mutable_pause();
  REQUIRE_FALSE(ask(pause));
  CHECK(stored("old").missed == 2);
  CHECK(stored("old").active == 0);
  CHECK(stored("old").fired == 0);
  REQUIRE(heard->taken_back.size() == 1);
  CHECK(heard->taken_back[0].withdraw().idempotency_key()
        == "old@2020-01-01T01:00:00Z");
  CHECK(heard->early.empty());
  CHECK(heard->runs.empty());
}
