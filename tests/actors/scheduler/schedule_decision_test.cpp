#include "actors/scheduler/schedule_decision.hpp"
#include "tests/actors/scheduler/schedule_story.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scheduler;
using namespace troupe::tests;
using messages::StartEnded;

namespace {

using texts = std::vector<std::string>;
using reason = schedule_waiting::reason;

const auto hourly = std::string{"every: 1h\n"};

runtime::problem_kind refusal_of(const runtime::outcome<void>& result) {
  REQUIRE_FALSE(result);
  return result.error().kind;
}

} // namespace

TEST_CASE("a due time is fired when it is due and not before") {
  auto story = schedule_story{hourly};
  CHECK(story.waiting().next_check == at("2026-03-02T01:00:00Z"));
  CHECK(story.until("00:59").empty());
  CHECK(story.until("01:00") == texts{"fired 01:00"});
  CHECK(story.until("01:59").empty());
  CHECK(story.end("01:00") == texts{"ended 01:00"});
  CHECK(story.until("02:00") == texts{"fired 02:00"});
}

TEST_CASE("what is late is caught up within the window, else missed") {
  auto story = schedule_story{hourly + "catch_up: 150m\noverlap: allow_all\n"};
  CHECK(story.until("10:15")
        == texts{"missed 01:00-07:00 7", "fired 08:00", "fired 09:00",
                 "fired 10:00"});
  CHECK(story.state.missed_count() == 7);
  CHECK(story.until("10:30").empty());
}

TEST_CASE("many missed due times are one event, counted up to a limit") {
  auto story
    = schedule_story{"every: 1s\ncatch_up: 10s\noverlap: buffer_one\n"};
  CHECK(story.until("20:00").front() == "missed 00:00-19:59 10000");
  CHECK(story.history[1].missed().uncounted());
  CHECK(story.state.decided_until() == at("2026-03-02T20:00:00Z"));
}

TEST_CASE("much that is due at once is decided in several decisions") {
  auto story = schedule_story{"every: 1s\noverlap: allow_all\n"};
  story.now = at("2026-03-02T00:20:00Z");
  story.decide([](auto& decision) { CHECK(decision.advance()); });
  CHECK(story.take().size() == decision_bounds::due_times_max);
  story.decide([](auto& decision) { CHECK_FALSE(decision.advance()); });
  CHECK(story.take().size() == 200);
}

TEST_CASE("overlapping due times are skipped") {
  auto story = schedule_story{hourly};
  CHECK(
    story.until("03:30")
    == texts{"fired 01:00", "skipped 02:00 OVERLAP", "skipped 03:00 OVERLAP"});
  CHECK(story.end("01:00") == texts{"ended 01:00"});
  CHECK(story.until("04:00") == texts{"fired 04:00"});
}

TEST_CASE("runs side by side and starts that wait are bounded") {
  auto story = schedule_story{"every: 1s\noverlap: allow_all\n"};
  story.now = at("2026-03-02T06:00:00Z");
  auto more = true;
  while (more)
    story.decide([&more](auto& decision) { more = decision.advance(); });
  CHECK(story.state.active().size() == decision_bounds::active_max);
  CHECK(story.state.held().size() == decision_bounds::held_max);
  CHECK(story.state.skipped_count() == 1'600);
  CHECK(story.take().back() == "skipped 06:00 FULL");
}

TEST_CASE("one overlapping due time waits, or all of them do") {
  auto one = schedule_story{hourly + "overlap: buffer_one\n"};
  CHECK(one.until("03:00")
        == texts{"fired 01:00", "held 02:00", "skipped 03:00 OVERLAP"});
  CHECK(one.waiting().on == reason::run);
  CHECK(one.end("01:00") == texts{"ended 01:00", "fired 02:00"});
  auto all = schedule_story{hourly + "overlap: buffer_all\n"};
  CHECK(all.until("03:00") == texts{"fired 01:00", "held 02:00", "held 03:00"});
  CHECK(all.end("01:00") == texts{"ended 01:00", "fired 02:00"});
  CHECK(all.until("04:00") == texts{"held 04:00"});
  CHECK(all.end("02:00") == texts{"ended 02:00", "fired 03:00"});
}

TEST_CASE("the newest due time may cancel what runs") {
  auto story = schedule_story{hourly + "overlap: cancel_other\n"};
  CHECK(story.until("03:00")
        == texts{"fired 01:00", "held 02:00", "cancel 01:00",
                 "skipped 02:00 SUPERSEDED", "held 03:00"});
  CHECK(story.end("01:00", StartEnded::CANCELLED)
        == texts{"ended 01:00", "fired 03:00"});
  CHECK(story.state.failures_in_row() == 0);
}

TEST_CASE("a due time waits for what it comes after") {
  auto story = schedule_story{hourly + "after: [load, close]\n"};
  CHECK(story.until("01:00") == texts{"held 01:00"});
  CHECK(story.waiting().on == reason::dependency);
  CHECK(story.depend("load", true) == texts{"dependency load"});
  CHECK(story.depend("load", true).empty()); // Old news.
  CHECK(story.depend("other", true).empty());
  CHECK(story.depend("close", true)
        == texts{"dependency close", "fired 01:00"});
  // Those runs were for the due time before.
  CHECK(story.end("01:00") == texts{"ended 01:00"});
  CHECK(story.until("02:00") == texts{"held 02:00"});
  CHECK(story.until("03:00") == texts{"skipped 03:00 OVERLAP"});
}

TEST_CASE("what fails before it stops a due time, or not") {
  const auto after = [](const std::string& policy) {
    return hourly + "after: {ids: [load], on_failure: " + policy + "}\n";
  };
  auto skips = schedule_story{after("skip")};
  skips.until("00:30");
  CHECK(skips.depend("load", false) == texts{"dependency load"});
  CHECK(skips.until("01:00") == texts{"skipped 01:00 DEPENDENCY_FAILED"});
  CHECK(skips.until("02:00") == texts{"held 02:00"});
  CHECK(skips.depend("load", false)
        == texts{"dependency load", "skipped 02:00 DEPENDENCY_FAILED"});
  auto runs = schedule_story{after("run_anyway")};
  runs.until("00:30");
  runs.depend("load", false);
  CHECK(runs.until("01:00") == texts{"fired 01:00"});
  auto waits = schedule_story{after("wait")};
  waits.until("00:30");
  waits.depend("load", false);
  CHECK(waits.until("01:00") == texts{"held 01:00"});
  CHECK(waits.depend("load", true) == texts{"dependency load", "fired 01:00"});
}

TEST_CASE("a schedule is paused by hand, and misses what is due meanwhile") {
  auto story = schedule_story{hourly + "overlap: buffer_all\n"};
  story.now = at("2026-03-02T02:30:00Z");
  story.decide([](auto& decision) { CHECK(decision.pause("bob", "audit")); });
  CHECK(story.take() == texts{"fired 01:00", "held 02:00", "paused"});
  CHECK(story.state.pause_reason() == "audit");
  CHECK(story.waiting().on == reason::paused);
  CHECK_FALSE(story.waiting().next_check);
  CHECK(story.until("05:00").empty());
  CHECK(story.end("01:00") == texts{"ended 01:00"});
  story.decide([](auto& decision) { CHECK(decision.resume("bob")); });
  CHECK(story.take()
        == texts{"missed 03:00-05:00 3", "resumed", "fired 02:00"});
  story.decide([](auto& decision) {
    CHECK(refusal_of(decision.resume("bob"))
          == runtime::problem_kind::conflict);
  });
}

TEST_CASE("a schedule pauses itself after failures in a row") {
  auto story = schedule_story{hourly + "pause_on_failures: 2\n"};
  story.until("01:00");
  story.end("01:00", StartEnded::FAILED);
  story.until("02:00");
  story.end("02:00", StartEnded::SUCCEEDED);
  story.until("03:00");
  CHECK(story.end("03:00", StartEnded::FAILED) == texts{"ended 03:00"});
  story.until("04:00");
  CHECK(story.end("04:00", StartEnded::FAILED)
        == texts{"ended 04:00", "paused itself"});
  CHECK(story.state.pause_reason() == "2 runs failed in a row");
  story.decide([](auto& decision) { CHECK(decision.resume("bob")); });
  CHECK(story.state.failures_in_row() == 0);
}

TEST_CASE("a schedule ends when its runs are used up") {
  auto story = schedule_story{hourly + "max_runs: 2\noverlap: buffer_all\n"};
  CHECK(story.until("04:00")
        == texts{"fired 01:00", "held 02:00", "held 03:00", "held 04:00"});
  CHECK(story.end("01:00") == texts{"ended 01:00", "fired 02:00"});
  CHECK(story.end("02:00")
        == texts{"ended 02:00", "skipped 03:00 RUNS_USED_UP",
                 "skipped 04:00 RUNS_USED_UP"});
  CHECK(story.until("09:00").empty());
  CHECK(story.waiting().on == reason::over);
  CHECK_FALSE(story.waiting().next_check);
}

TEST_CASE("a start by hand heeds overlap and nothing else") {
  auto story = schedule_story{hourly + "paused: true\nafter: [load]\n"};
  const auto by_hand = [&story] {
    auto kind = runtime::problem_kind::failed;
    story.decide([&kind](auto& decision) {
      const auto done = decision.trigger("bob");
      if (!done)
        kind = done.error().kind;
    });
    return kind;
  };
  story.until("01:30");
  by_hand();
  CHECK(story.take() == texts{"fired hand 01:30"});
  CHECK(by_hand() == runtime::problem_kind::conflict); // The same instant.
  story.now += 1s;
  CHECK(by_hand() == runtime::problem_kind::conflict); // It overlaps.
  story.of.overlap = overlap_policy::buffer_one;
  by_hand();
  CHECK(story.take() == texts{"held hand 01:30"});
  story.now += 1s;
  CHECK(by_hand() == runtime::problem_kind::conflict); // One waits.
  const auto first = story.state.active().begin()->first;
  story.decide([&](auto& decision) {
    CHECK(decision.end(first, StartEnded::SUCCEEDED));
    CHECK(refusal_of(decision.end(first, StartEnded::SUCCEEDED))
          == runtime::problem_kind::conflict);
  });
  CHECK(story.take() == texts{"ended hand 01:30", "fired hand 01:30"});
}

TEST_CASE("due times of the past are backfilled, those that never fired") {
  auto story = schedule_story{hourly};
  story.until("03:00");
  story.end("01:00");
  story.until("04:00");
  story.take();
  const auto backfill = [&story](const std::string& first,
                                 const std::string& last, std::size_t limit) {
    auto result = runtime::outcome<std::size_t>{};
    story.decide([&](auto& decision) {
      result = decision.backfill({at(first), at(last), limit}, "bob",
                                 [](const std::string& key) {
                                   return key == "nightly@2026-03-02T01:00:00Z";
                                 });
    });
    return result;
  };
  CHECK(backfill("2026-03-01T23:00:00Z", "2026-03-02T04:00:00Z", 10) == 4U);
  // 01:00 has run, 04:00 is running.
  CHECK(story.take()
        == texts{"held back 23:00", "held back 00:00", "held back 02:00",
                 "held back 03:00"});
  CHECK(backfill("2026-03-01T23:00:00Z", "2026-03-02T04:00:00Z", 10) == 0U);
  CHECK(story.end("04:00") == texts{"ended 04:00", "fired back 23:00"});
  CHECK_FALSE(backfill("2026-03-01T10:00:00Z", "2026-03-01T20:00:00Z", 10));
  CHECK_FALSE(backfill("2026-03-01T10:00:00Z", "2026-03-02T05:00:00Z", 100));
  CHECK_FALSE(backfill("2026-03-01T10:00:00Z", "2026-03-01T09:00:00Z", 100));
  CHECK(story.take().empty());
}

TEST_CASE("a new definition counts from the change on") {
  auto story = schedule_story{hourly + "overlap: allow_all\njitter: 50m\n"};
  story.now = at("2026-03-02T02:00:00Z");
  // Put off by jitter, or not: what is due by now goes.
  story.decide([](auto& decision) { CHECK(decision.change("bob")); });
  CHECK(story.take() == texts{"fired 01:00", "fired 02:00", "changed"});
  story.of = schedule("every: 30m\noverlap: allow_all\n");
  CHECK(story.until("03:00") == texts{"fired 02:30", "fired 03:00"});
}

TEST_CASE("jitter puts a start off, the key stays that of the due time") {
  auto story = schedule_story{hourly + "jitter: 30m\n"};
  const auto start
    = schedule_recurrence{story.of}.start_of(at("2026-03-02T01:00:00Z"));
  story.now = start - 1ms;
  story.decide([](auto& decision) { decision.advance(); });
  CHECK(story.take().empty());
  story.now = start;
  story.decide([](auto& decision) { decision.advance(); });
  CHECK(story.take() == texts{"fired 01:00"});
}

// -- ahead of time ------------------------------------------------------------

TEST_CASE("what nothing can change any more is decided ahead") {
  auto story = schedule_story{hourly};
  story.ahead = 10min;
  CHECK(story.until("00:49").empty());
  CHECK(story.until("00:50") == texts{"fired 01:00"});
  // Whether that run has ended by then is not known.
  CHECK(story.until("01:55").empty());
  CHECK(story.end("01:00") == texts{"ended 01:00"});
  CHECK(story.until("01:56") == texts{"fired 02:00"});
}

TEST_CASE("what may overlap is decided ahead while runs go on") {
  auto story = schedule_story{hourly + "overlap: allow_all\n"};
  story.ahead = 130min;
  CHECK(story.until("00:00") == texts{"fired 01:00", "fired 02:00"});
  CHECK(story.until("01:00") == texts{"fired 03:00"});
}

TEST_CASE("nothing is decided ahead where the end of a run decides") {
  const auto* keys
    = GENERATE("overlap: allow_all\npause_on_failures: 1\n",
               "overlap: buffer_all\n", "overlap: cancel_other\n");
  auto story = schedule_story{hourly + keys};
  story.ahead = 30min;
  CHECK(story.until("00:30") == texts{"fired 01:00"});
  CHECK(story.until("01:45").empty());
}

TEST_CASE("nothing is decided ahead where others decide") {
  auto story = schedule_story{hourly + "after: [load]\n"};
  story.ahead = 30min;
  CHECK(story.until("00:59").empty());
  CHECK(story.until("01:00") == texts{"held 01:00"});
}

TEST_CASE("jitter puts off what is decided ahead") {
  auto story = schedule_story{hourly + "jitter: 20m\n"};
  const auto start
    = schedule_recurrence{story.of}.start_of(at("2026-03-02T01:00:00Z"));
  story.ahead = 10min;
  story.now = start - 10min - 1us;
  story.decide([&](auto& decision) { decision.advance(story.ahead); });
  CHECK(story.take().empty());
  story.now = start - 10min;
  story.decide([&](auto& decision) { decision.advance(story.ahead); });
  CHECK(story.take() == texts{"fired 01:00"});
}

TEST_CASE("what is taken back is open again, and counts once") {
  auto story = schedule_story{hourly + "overlap: allow_all\nmax_runs: 2\n"};
  story.ahead = 3h;
  CHECK(story.until("00:10") == texts{"fired 01:00", "fired 02:00"});
  CHECK(story.state.fired_count() == 2);
  // The earlier one not before the later one.
  const auto first
    = start_key{messages::ScheduleStart::SCHEDULED, at("2026-03-02T01:00:00Z")};
  story.decide([&](auto& decision) {
    CHECK(decision.withdraw(first).error().kind
          == runtime::problem_kind::conflict);
  });
  CHECK(story.withdraw("02:00") == texts{"withdrawn 02:00"});
  CHECK(story.withdraw("01:00") == texts{"withdrawn 01:00"});
  CHECK(story.state.active().empty());
  CHECK(story.state.fired_count() == 0);
  CHECK(story.waiting().next_check == at("2026-03-02T01:00:00Z"));
  story.decide([](auto& decision) { CHECK(decision.pause("bob", "")); });
  story.now = at("2026-03-02T01:30:00Z");
  story.decide([](auto& decision) { CHECK(decision.resume("bob")); });
  CHECK(story.take() == texts{"paused", "missed 01:00-01:00 1", "resumed"});
  CHECK(story.until("01:31") == texts{"fired 02:00", "fired 03:00"});
}

TEST_CASE("only what was decided last is taken back") {
  auto story = schedule_story{hourly};
  story.ahead = 10min;
  CHECK(story.until("00:50") == texts{"fired 01:00"});
  CHECK(story.until("02:00") == texts{"skipped 02:00 OVERLAP"});
  const auto key
    = start_key{messages::ScheduleStart::SCHEDULED, at("2026-03-02T01:00:00Z")};
  story.decide([&](auto& decision) {
    CHECK(refusal_of(decision.withdraw(key))
          == runtime::problem_kind::conflict);
  });
  CHECK(story.take().empty());
}
