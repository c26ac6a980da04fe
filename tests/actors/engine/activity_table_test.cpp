#include "actors/engine/activity_table.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;

using admission = activity_table::admission;
using kind = activity_table::step::kind;

namespace {

/// A table whose time the test moves.
struct table_fixture {
  activity_table_options options{
    .activities_max = 2, .grace_max = 10s, .kill_margin = 5s};
  activity_table table{options};
  activity_table::time_point now{};

  static messages::RunActivity request(const std::string& step,
                                       std::uint64_t epoch = 1) {
    auto result = messages::RunActivity{};
    result.mutable_ref()->set_run("r");
    result.mutable_ref()->set_step(step);
    result.mutable_ref()->set_attempt(1);
    result.mutable_ref()->set_epoch(epoch);
    return result;
  }

  admission admit(const messages::RunActivity& what) {
    return table.admit(what, now);
  }

  void cancel(const messages::RunActivity& what,
              std::optional<std::uint64_t> grace_ms = {}) {
    auto order = messages::CancelActivity{};
    *order.mutable_ref() = what.ref();
    if (grace_ms)
      order.set_grace_ms(*grace_ms);
    table.cancel(order, now);
  }

  static messages::ActivityFailed own_failure() {
    auto failure = messages::ActivityFailed{};
    failure.set_kind("signal");
    failure.set_message("SIGTERM");
    failure.set_retryable(true);
    return failure;
  }

  /// The only thing to do at this moment; fails the test if there is none.
  activity_table::step next() {
    const auto result = table.next(now);
    REQUIRE(result);
    CHECK_FALSE(table.next(now));
    return *result;
  }

  bool is_idle() {
    return !table.next(now);
  }

  std::string kind_at_end(const messages::RunActivity& what) {
    const auto failure = table.end_failed(to_key(what.ref()), own_failure());
    return failure ? failure->kind() : "not reported";
  }
};

} // namespace

TEST_CASE("a key is what the reference says") {
  auto ref = messages::ActivityRef{};
  ref.set_run("r");
  ref.set_step("s");
  ref.set_item(2);
  ref.set_compensation(true);
  ref.set_attempt(3);
  ref.set_epoch(4);
  CHECK(to_key(ref) == activity_key{"r", "s", 2, true, 3, 4});
  CHECK(to_message(to_key(ref)).SerializeAsString() == ref.SerializeAsString());
}

TEST_CASE_METHOD(table_fixture, "as many are admitted as agreed") {
  CHECK(admit(request("a")) == admission::accepted);
  CHECK(admit(request("b")) == admission::accepted);
  CHECK(admit(request("c")) == admission::full);
  CHECK(table.end_succeeded(to_key(request("a").ref())));
  CHECK(admit(request("c")) == admission::accepted);
  CHECK(table.size() == 2);
}

TEST_CASE_METHOD(table_fixture, "what runs already is not run again") {
  CHECK(admit(request("a")) == admission::accepted);
  CHECK(admit(request("a")) == admission::known);
  CHECK(table.size() == 1);
}

TEST_CASE_METHOD(table_fixture,
                 "a later epoch takes the work over, even of a full host") {
  options.activities_max = 1;
  table = activity_table{options};
  CHECK(admit(request("a", 2)) == admission::accepted);
  CHECK(admit(request("a", 1)) == admission::outdated);
  CHECK(admit(request("a", 3)) == admission::accepted);
  const auto step = next();
  CHECK(step.what == kind::cancel);
  CHECK(step.key.epoch == 2);
  CHECK(step.grace == 0ms);
  // Nobody hears of the earlier one any more.
  CHECK_FALSE(table.beat(to_key(request("a", 2).ref()), now));
  CHECK(kind_at_end(request("a", 2)) == "not reported");
  CHECK(table.beat(to_key(request("a", 3).ref()), now));
  CHECK(table.end_succeeded(to_key(request("a", 3).ref())));
}

TEST_CASE_METHOD(table_fixture, "other work is not taken over") {
  auto second = request("a", 9);
  second.mutable_ref()->set_item(1);
  CHECK(admit(request("a", 1)) == admission::accepted);
  CHECK(admit(second) == admission::accepted);
  CHECK(is_idle());
}

TEST_CASE_METHOD(table_fixture, "who is kept goes on under the later epoch") {
  auto beating = request("a", 2);
  beating.set_heartbeat_ms(1'000);
  REQUIRE(admit(beating) == admission::accepted);
  const auto before = to_key(beating.ref());
  auto after = before;
  after.epoch = 5;
  CHECK_FALSE(table.rebind(to_key(request("b").ref()), 5));
  REQUIRE(table.rebind(before, 5));
  CHECK_FALSE(table.rebind(before, 5));
  // Said again, or too late.
  CHECK_FALSE(table.rebind(after, 5));
  CHECK_FALSE(table.rebind(after, 4));
  CHECK(table.size() == 1);
  CHECK_FALSE(table.beat(before, now));
  CHECK(table.next_deadline() == now + 1s);
  SECTION("and says so at its end") {
    const auto failure = table.end_failed(after, own_failure());
    REQUIRE(failure);
    CHECK(failure->ref().epoch() == 5);
  }
  SECTION("and is stopped under it") {
    cancel(beating);
    CHECK(is_idle());
    cancel(request("a", 5));
    CHECK(next().key == after);
  }
  SECTION("and still gives way to what is later") {
    CHECK(admit(request("a", 4)) == admission::outdated);
    CHECK(admit(request("a", 5)) == admission::known);
    CHECK(admit(request("a", 6)) == admission::accepted);
    CHECK(next().key == after);
    CHECK(kind_at_end(request("a", 5)) == "not reported");
  }
}

TEST_CASE_METHOD(table_fixture, "who has given way is not kept") {
  CHECK(admit(request("a", 2)) == admission::accepted);
  CHECK(admit(request("a", 3)) == admission::accepted);
  CHECK_FALSE(table.rebind(to_key(request("a", 2).ref()), 3));
  CHECK_FALSE(table.rebind(to_key(request("a", 2).ref()), 4));
  CHECK(kind_at_end(request("a", 2)) == "not reported");
  CHECK(kind_at_end(request("a", 3)) == "signal");
}

TEST_CASE_METHOD(table_fixture, "who stops already stops under a later epoch") {
  REQUIRE(admit(request("a", 1)) == admission::accepted);
  cancel(request("a", 1), 1'000);
  CHECK(next().what == kind::cancel);
  REQUIRE(table.rebind(to_key(request("a", 1).ref()), 2));
  CHECK(is_idle());
  CHECK(table.next_deadline() == now + 6s);
  CHECK(kind_at_end(request("a", 2)) == "cancelled");
}

TEST_CASE_METHOD(table_fixture, "who takes too long is stopped, then killed") {
  auto slow = request("a");
  slow.set_start_to_close_ms(1'000);
  REQUIRE(admit(slow) == admission::accepted);
  CHECK(table.next_deadline() == now + 1s);
  now += 999ms;
  CHECK(is_idle());
  now += 1ms;
  CHECK(next() == activity_table::step{kind::cancel, to_key(slow.ref()), {}});
  CHECK(table.next_deadline() == now + 15s);
  now += 14'999ms;
  CHECK(is_idle());
  now += 1ms;
  CHECK(next().what == kind::kill);
  CHECK_FALSE(table.next_deadline());
  const auto failure = table.end_lost(to_key(slow.ref()), "killed");
  REQUIRE(failure);
  CHECK(failure->kind() == "timeout");
  CHECK(failure->retryable());
  CHECK(table.size() == 0);
}

TEST_CASE_METHOD(table_fixture,
                 "whoever stops in time failed for the reason it was stopped") {
  REQUIRE(admit(request("a")) == admission::accepted);
  SECTION("cancelled") {
    cancel(request("a"));
    CHECK(next().what == kind::cancel);
    CHECK(kind_at_end(request("a")) == "cancelled");
  }
  SECTION("closing") {
    table.close(now);
    CHECK(next().what == kind::cancel);
    CHECK(admit(request("b")) == admission::closing);
    CHECK(kind_at_end(request("a")) == "interrupted");
  }
  SECTION("not stopped") {
    CHECK(kind_at_end(request("a")) == "signal");
  }
}

TEST_CASE_METHOD(table_fixture, "who succeeds while it stops has succeeded") {
  REQUIRE(admit(request("a")) == admission::accepted);
  cancel(request("a"));
  CHECK(table.end_succeeded(to_key(request("a").ref())));
  CHECK_FALSE(table.end_succeeded(to_key(request("a").ref())));
}

TEST_CASE_METHOD(table_fixture, "a second cancel may only shorten the grace") {
  REQUIRE(admit(request("a")) == admission::accepted);
  cancel(request("a"), 8'000);
  CHECK(next().grace == 8s);
  cancel(request("a"), 9'000);
  CHECK(is_idle());
  cancel(request("a"), 0);
  CHECK(next().grace == 0ms);
  CHECK(table.next_deadline() == now + 5s);
  // The first reason stays.
  table.close(now);
  CHECK(is_idle());
  CHECK(kind_at_end(request("a")) == "cancelled");
}

TEST_CASE_METHOD(table_fixture, "signs of life put the end off") {
  auto beating = request("a");
  beating.set_heartbeat_ms(1'000);
  REQUIRE(admit(beating) == admission::accepted);
  for (auto i = 0; i < 10; ++i) {
    now += 900ms;
    CHECK(is_idle());
    CHECK(table.beat(to_key(beating.ref()), now));
  }
  now += 1s;
  CHECK(next().what == kind::cancel);
  const auto failure = table.end_failed(to_key(beating.ref()), own_failure());
  REQUIRE(failure);
  CHECK(failure->kind() == "timeout");
  CHECK(failure->message() == "gave no sign of life in time");
}

TEST_CASE_METHOD(table_fixture, "who vanishes has crashed") {
  REQUIRE(admit(request("a")) == admission::accepted);
  const auto failure = table.end_lost(to_key(request("a").ref()), "no trace");
  REQUIRE(failure);
  CHECK(failure->kind() == "crashed");
  CHECK(failure->message() == "no trace");
  CHECK(failure->retryable());
  CHECK_FALSE(table.end_lost(to_key(request("a").ref()), "again"));
}

TEST_CASE_METHOD(table_fixture, "unknown activities and endless times are "
                                "no problem") {
  cancel(request("nobody"));
  CHECK_FALSE(table.beat(to_key(request("nobody").ref()), now));
  auto endless = request("a");
  endless.set_start_to_close_ms(~std::uint64_t{0});
  REQUIRE(admit(endless) == admission::accepted);
  CHECK_FALSE(table.next_deadline());
}
