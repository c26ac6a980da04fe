#include "actors/scheduler/cron_schedule.hpp"
#include "tests/actors/scheduler/schedules.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::scheduler;
using namespace troupe::tests;

namespace {

std::vector<std::string> fires(const cron_schedule& schedule,
                               std::string_view from, std::string_view to) {
  auto found = std::vector<std::string>{};
  auto next = schedule.next(at(from) - 1us);
  while (next && *next < at(to)) {
    found.push_back(troupe::runtime::to_string(*next));
    next = schedule.next(*next);
  }
  return found;
}

} // namespace

TEST_CASE("a fixed time in the gap is due at the first instant after it") {
  const auto schedule = cron("30 2 * * *", "Europe/Berlin");
  CHECK(fires(schedule, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z")
        == std::vector<std::string>{"2026-03-28T01:30:00Z",
                                    "2026-03-29T01:00:00Z",
                                    "2026-03-30T00:30:00Z"});
}

TEST_CASE("a fixed time in the repeated hour is due in the first pass only") {
  const auto schedule = cron("30 2 * * *", "Europe/Berlin");
  CHECK(fires(schedule, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z")
        == std::vector<std::string>{"2026-10-25T00:30:00Z",
                                    "2026-10-26T01:30:00Z"});
}

TEST_CASE("lists and steps skip the gap and run in both passes") {
  const auto schedule = cron("*/30 2 * * *", "Europe/Berlin");
  CHECK(fires(schedule, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z")
        == std::vector<std::string>{"2026-03-30T00:00:00Z",
                                    "2026-03-30T00:30:00Z"});
  CHECK(fires(schedule, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z")
        == std::vector<std::string>{
          "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z",
          "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"});
}

TEST_CASE("a gap at midnight moves a daily run to the first instant after") {
  const auto schedule = cron("0 0 * * *", "Africa/Cairo");
  CHECK(fires(schedule, "2026-04-23T12:00:00Z", "2026-04-25T12:00:00Z")
        == std::vector<std::string>{"2026-04-23T22:00:00Z",
                                    "2026-04-24T21:00:00Z"});
}

TEST_CASE("a day that a place skipped runs once, at the day after") {
  const auto schedule = cron("30 2 * * *", "Pacific/Apia");
  CHECK(fires(schedule, "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z")
        == std::vector<std::string>{
          "2011-12-29T12:30:00Z", "2011-12-30T10:00:00Z",
          "2011-12-30T12:30:00Z", "2011-12-31T12:30:00Z"});
}

TEST_CASE("dates that never come are never due, and that is known at once") {
  for (const auto* never :
       {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31W 2,4,6,9,11 *",
        "0,30 0 30 2 *", "* * * 30 2 *"}) {
    CAPTURE(never);
    CHECK_FALSE(cron(never).next(at("2026-01-01T00:00:00Z")));
    CHECK_FALSE(cron(never).previous(at("2026-01-01T00:00:00Z")));
  }
  // Always in the gap: New York's clocks change on a second Sunday in March.
  CHECK_FALSE(cron("15,45 2 * 3 0#2", "America/New_York")
                .next(at("2026-01-01T00:00:00Z")));
}

TEST_CASE("the rarest dates are found across a century without a leap day") {
  CHECK(cron("0 0 29 2 *").next(at("2096-03-01T00:00:00Z"))
        == at("2104-02-29T00:00:00Z"));
  CHECK(cron("0 0 29 2 *").previous(at("2104-02-29T00:00:00Z"))
        == at("2096-02-29T00:00:00Z"));
  // The fifth Friday of February is a 29th.
  CHECK(cron("0 0 * 2 5#5").next(at("2064-03-01T00:00:00Z"))
        == at("2092-02-29T00:00:00Z"));
}

TEST_CASE("due times end with the calendar") {
  const auto daily = cron("0 0 * * *");
  CHECK(daily.next(at("9999-12-30T00:00:00Z")) == instant_max);
  CHECK_FALSE(daily.next(instant_max));
  CHECK_FALSE(daily.next(instant::max()));
  CHECK_FALSE(daily.previous(instant_min));
  CHECK_FALSE(daily.previous(instant::min()));
  CHECK(daily.next(instant::min()) == instant_min + std::chrono::days{1});
  CHECK(daily.previous(instant::max()) == instant_max - std::chrono::days{1});
}

TEST_CASE("fractions of a second do not matter") {
  const auto schedule = cron("* * * * * *");
  const auto noon = at("2026-01-01T12:00:00Z");
  CHECK(schedule.next(noon) == noon + 1s);
  CHECK(schedule.next(noon + 1us) == noon + 1s);
  CHECK(schedule.next(noon - 1us) == noon);
  CHECK(schedule.previous(noon) == noon - 1s);
  CHECK(schedule.previous(noon + 1us) == noon);
}
