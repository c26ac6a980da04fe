#include "actors/scheduler/schedule_state.hpp"
#include "tests/actors/scheduler/schedules.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scheduler;
using messages::ScheduleStart;
using tests::at;

namespace {

class fixture {
public:
  fixture() {
    auto event = messages::ScheduleEvent{};
    event.mutable_created()->set_by("ann");
    REQUIRE(apply(event));
  }

  runtime::outcome<void> apply(messages::ScheduleEvent event) {
    event.set_sequence(state.sequence() + 1);
    event.set_at(to_micros(now));
    return state.apply(event);
  }

  runtime::outcome<void> fire(const start_key& key) {
    auto event = messages::ScheduleEvent{};
    *event.mutable_fired()->mutable_start() = to_message(key);
    return apply(event);
  }

  runtime::outcome<void> hold(const start_key& key) {
    auto event = messages::ScheduleEvent{};
    *event.mutable_held()->mutable_start() = to_message(key);
    return apply(event);
  }

  runtime::outcome<void> skip(const start_key& key) {
    auto event = messages::ScheduleEvent{};
    *event.mutable_skipped()->mutable_start() = to_message(key);
    return apply(event);
  }

  runtime::outcome<void> end(const start_key& key) {
    auto event = messages::ScheduleEvent{};
    *event.mutable_ended()->mutable_start() = to_message(key);
    return apply(event);
  }

  schedule_state state;
  instant now = at("2026-03-02T00:00:00Z");
  start_key one{ScheduleStart::SCHEDULED, now + 1h};
  start_key two{ScheduleStart::SCHEDULED, now + 2h};
};

} // namespace

TEST_CASE_METHOD(fixture, "a due time is decided once") {
  CHECK_FALSE(fire({ScheduleStart::SCHEDULED, now}));
  CHECK(fire(one));
  CHECK_FALSE(fire(one));
  CHECK_FALSE(hold(one));
  CHECK_FALSE(skip(one));
  CHECK(state.decided_until() == one.due);
  CHECK(hold(two));
  CHECK_FALSE(hold(two));
  CHECK(fire(two));
  CHECK_FALSE(fire(two));
  CHECK(state.active().size() == 2);
  CHECK(state.held().empty());
  CHECK(state.fired_count() == 2);
  CHECK(end(one));
  CHECK_FALSE(end(one));
  CHECK_FALSE(fire(one));
}

TEST_CASE_METHOD(fixture, "a backfilled due time is the same as a scheduled") {
  const auto again = start_key{ScheduleStart::BACKFILL, one.due};
  CHECK_FALSE(fire(again)); // Not decided yet.
  CHECK(fire(one));
  CHECK_FALSE(fire(again)); // Running.
  CHECK(end(one));
  CHECK(hold(again));
  CHECK(fire(again));
  CHECK(state.fired_count() == 1);
  CHECK(fire_key("s", again) == fire_key("s", one));
  CHECK(fire_key("s", {ScheduleStart::BY_HAND, one.due})
        == fire_key("s", one) + "/by-hand");
}

TEST_CASE_METHOD(fixture,
                 "starts by hand are ordered by when they were asked") {
  CHECK(fire({ScheduleStart::BY_HAND, now + 1s}));
  CHECK(end({ScheduleStart::BY_HAND, now + 1s}));
  CHECK_FALSE(fire({ScheduleStart::BY_HAND, now + 1s}));
  CHECK(hold({ScheduleStart::BY_HAND, now + 2s}));
  CHECK(hold({ScheduleStart::SCHEDULED, now + 1h}));
  CHECK(state.held().begin()->first.kind == ScheduleStart::BY_HAND);
  CHECK(state.held_count(ScheduleStart::BY_HAND) == 1);
  CHECK(state.held_count(ScheduleStart::SCHEDULED) == 1);
  CHECK(state.held_count(ScheduleStart::BACKFILL) == 0);
}

TEST_CASE_METHOD(fixture, "what cannot have happened changes nothing") {
  auto event = messages::ScheduleEvent{};
  event.mutable_created();
  CHECK_FALSE(apply(event));
  event.mutable_resumed();
  CHECK_FALSE(apply(event));
  event.mutable_paused();
  event.set_sequence(7);
  CHECK_FALSE(state.apply(event));
  CHECK(apply(event));
  CHECK_FALSE(apply(event));
  *event.mutable_cancel_requested()->mutable_start() = to_message(one);
  CHECK_FALSE(apply(event));
  event.mutable_missed()->set_first(to_micros(now));
  CHECK_FALSE(apply(event));
  CHECK_FALSE(apply({}));
  CHECK(state.sequence() == 2);
  CHECK(state.is_paused());
  auto unborn = schedule_state{};
  event.mutable_paused();
  event.set_sequence(1);
  CHECK_FALSE(unborn.apply(event));
  CHECK_FALSE(unborn.is_created());
}
