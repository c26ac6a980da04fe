#pragma once

#include "actors/scheduler/schedule_decision.hpp"
#include "tests/actors/scheduler/schedule_texts.hpp"
#include "tests/actors/scheduler/schedules.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// What an event says, short: "fired 10:00" for a due time, "hand" and "back"
/// for the other kinds.
inline std::string told(const messages::ScheduleEvent& event) {
  const auto time = [](std::int64_t micros) {
    return scheduler::to_string(scheduler::from_micros(micros)).substr(11, 5);
  };
  const auto name = [&time](const messages::ScheduleStart& start) {
    const auto* kind
      = start.kind() == messages::ScheduleStart::BY_HAND    ? "hand "
        : start.kind() == messages::ScheduleStart::BACKFILL ? "back "
                                                            : "";
    return kind + time(start.due());
  };
  if (event.has_created())
    return "created";
  if (event.has_changed())
    return "changed";
  if (event.has_paused())
    return "paused" + (event.paused().by().empty() ? " itself" : std::string{});
  if (event.has_resumed())
    return "resumed";
  if (event.has_fired())
    return "fired " + name(event.fired().start());
  if (event.has_held())
    return "held " + name(event.held().start());
  if (event.has_skipped())
    return "skipped " + name(event.skipped().start()) + " "
           + messages::StartSkipped::Reason_Name(event.skipped().reason());
  if (event.has_missed())
    return "missed " + time(event.missed().first()) + "-"
           + time(event.missed().last()) + " "
           + std::to_string(event.missed().count());
  if (event.has_cancel_requested())
    return "cancel " + name(event.cancel_requested().start());
  if (event.has_withdrawn())
    return "withdrawn " + name(event.withdrawn().start());
  if (event.has_ended())
    return "ended " + name(event.ended().start());
  return "dependency " + event.dependency_ended().id();
}

/// A schedule that is told what happens, on 2 March 2026 from 00:00 UTC on.
class schedule_story {
public:
  explicit schedule_story(const std::string& keys) : of{schedule(keys)} {
    decide([](auto& decision) { REQUIRE(decision.create("ann")); });
    heard.clear();
  }

  /// Makes a decision, and notes what it says.
  template <class Call>
  void decide(const Call& call) {
    auto decision
      = scheduler::schedule_decision{of, state, now, std::uint64_t{1}};
    call(decision);
    const auto events = decision.take_events();
    for (const auto& event : events.events()) {
      heard.push_back(told(event));
      history.push_back(event);
    }
  }

  /// What is said from now on until `time`, such as "10:00", is over.
  std::vector<std::string> until(const std::string& time) {
    now = at("2026-03-02T" + time + ":00Z");
    decide([this](auto& decision) { CHECK_FALSE(decision.advance(ahead)); });
    return take();
  }

  std::vector<std::string> withdraw(const std::string& time) {
    const auto key = scheduler::start_key{messages::ScheduleStart::SCHEDULED,
                                          at("2026-03-02T" + time + ":00Z")};
    decide([&](auto& decision) { CHECK(decision.withdraw(key)); });
    return take();
  }

  std::vector<std::string> end(const std::string& time,
                               messages::StartEnded::Outcome outcome
                               = messages::StartEnded::SUCCEEDED) {
    const auto key = scheduler::start_key{messages::ScheduleStart::SCHEDULED,
                                          at("2026-03-02T" + time + ":00Z")};
    decide([&](auto& decision) { CHECK(decision.end(key, outcome)); });
    return take();
  }

  std::vector<std::string> depend(const std::string& id, bool has_succeeded) {
    decide(
      [&](auto& decision) { decision.end_dependency(id, has_succeeded, now); });
    return take();
  }

  std::vector<std::string> take() {
    return std::exchange(heard, {});
  }

  [[nodiscard]] scheduler::schedule_waiting waiting() const {
    return scheduler::waiting_on(of, scheduler::schedule_recurrence{of}, state);
  }

  scheduler::schedule_definition of;
  scheduler::schedule_state state;
  scheduler::instant now = at("2026-03-02T00:00:00Z");
  std::chrono::microseconds ahead{}; ///< How far `until` looks.
  std::vector<messages::ScheduleEvent> history;
  std::vector<std::string> heard;
};

} // namespace troupe::tests
