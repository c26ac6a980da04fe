#include "actors/scheduler/exclusion_calendar.hpp"
#include "tests/actors/scheduler/schedules.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scheduler;
using tests::at;

namespace {

using std::chrono::local_days;

exclusion_window window(std::chrono::seconds from, std::chrono::seconds to,
                        std::string_view zone = "UTC") {
  auto result = exclusion_window{};
  result.from = from;
  result.to = to;
  result.zone = tests::value_of(runtime::time_zone::find(zone));
  return result;
}

exclusion_calendar calendar(std::vector<exclusion_window> windows) {
  return {std::move(windows), exclusion_policy::skip};
}

local_days day(int year, unsigned month, unsigned of_month) {
  return local_days{std::chrono::year{year} / std::chrono::month{month}
                    / std::chrono::day{of_month}};
}

} // namespace

TEST_CASE("a window excludes from its begin to before its end") {
  const auto peak = calendar({window(9h, 17h)});
  CHECK_FALSE(peak.excludes(at("2026-03-02T08:59:59Z")));
  CHECK(peak.excludes(at("2026-03-02T09:00:00Z")));
  CHECK(peak.excludes(at("2026-03-02T16:59:59.999999Z")));
  CHECK_FALSE(peak.excludes(at("2026-03-02T17:00:00Z")));
  CHECK(peak.free_from(at("2026-03-02T12:00:00Z"))
        == at("2026-03-02T17:00:00Z"));
  CHECK(peak.excluded_since(at("2026-03-02T12:00:00Z"))
        == at("2026-03-02T09:00:00Z"));
  CHECK(peak.free_from(at("2026-03-02T17:00:00Z"))
        == at("2026-03-02T17:00:00Z"));
  CHECK_FALSE(exclusion_calendar{}.excludes(at("2026-03-02T12:00:00Z")));
}

TEST_CASE("a window may end on the next day") {
  auto night = window(22h, 6h);
  night.days_of_week = 1U << 5; // Friday, 6 March 2026.
  const auto closed = calendar({night});
  CHECK_FALSE(closed.excludes(at("2026-03-06T05:00:00Z")));
  CHECK(closed.excludes(at("2026-03-06T22:00:00Z")));
  CHECK(closed.excludes(at("2026-03-07T05:59:00Z")));
  CHECK_FALSE(closed.excludes(at("2026-03-07T06:00:00Z")));
  CHECK_FALSE(closed.excludes(at("2026-03-07T23:00:00Z")));
}

TEST_CASE("windows that touch are left together") {
  auto holidays = exclusion_window{};
  holidays.dates = {{day(2026, 12, 24), day(2026, 12, 26)}};
  const auto both = calendar({holidays, window(0h, 6h), window(5h, 7h)});
  CHECK(both.free_from(at("2026-12-25T12:00:00Z"))
        == at("2026-12-27T07:00:00Z"));
  CHECK(both.excluded_since(at("2026-12-27T06:30:00Z"))
        == at("2026-12-24T00:00:00Z"));
}

TEST_CASE("days and dates have both to match") {
  auto fridays = exclusion_window{};
  fridays.days_of_week = 1U << 5;
  fridays.dates = {{day(2026, 12, 1), day(2026, 12, 31)}};
  const auto off = calendar({fridays});
  CHECK(off.excludes(at("2026-12-04T12:00:00Z")));
  CHECK_FALSE(off.excludes(at("2026-12-05T12:00:00Z")));
  CHECK_FALSE(off.excludes(at("2026-11-27T12:00:00Z")));
}

TEST_CASE("dates may be in any order and overlap") {
  auto closed = exclusion_window{};
  closed.dates = {{day(2026, 12, 24), day(2026, 12, 26)},
                  {day(2026, 1, 1), day(2026, 1, 1)},
                  {day(2026, 6, 1), day(2026, 6, 30)},
                  {day(2026, 6, 10), day(2026, 6, 11)},
                  {day(2026, 6, 20), day(2026, 7, 2)}};
  const auto off = calendar({closed});
  for (const auto* inside : {"2026-01-01T12:00:00Z", "2026-06-15T12:00:00Z",
                             "2026-07-02T12:00:00Z", "2026-12-26T12:00:00Z"})
    CHECK(off.excludes(at(inside)));
  for (const auto* outside : {"2025-12-31T12:00:00Z", "2026-01-02T12:00:00Z",
                              "2026-07-03T12:00:00Z", "2026-12-27T12:00:00Z"})
    CHECK_FALSE(off.excludes(at(outside)));
}

TEST_CASE("a window follows the clocks of its zone") {
  const auto peak = calendar({window(9h, 17h, "America/New_York")});
  CHECK_FALSE(peak.excludes(at("2026-03-06T13:30:00Z")));
  CHECK(peak.excludes(at("2026-03-09T13:30:00Z"))); // After the change.
}

TEST_CASE("a window at a clock change is the longer of what it may mean") {
  // 02:00 to 03:00 is skipped on 29 March, repeated on 25 October.
  const auto inside
    = calendar({window(2h + 15min, 2h + 45min, "Europe/Berlin")});
  CHECK_FALSE(inside.excludes(at("2026-03-29T00:59:59Z")));
  CHECK_FALSE(inside.excludes(at("2026-03-29T01:00:00Z")));
  CHECK(inside.excludes(at("2026-10-25T00:15:00Z")));
  CHECK(inside.excludes(at("2026-10-25T01:00:00Z")));
  CHECK_FALSE(inside.excludes(at("2026-10-25T01:45:00Z")));
}

TEST_CASE("windows without an end are told, not followed") {
  const auto always = calendar({window(0h, 24h)});
  CHECK_FALSE(always.free_from(at("2026-03-02T12:00:00Z")));
  CHECK_FALSE(always.excluded_since(at("2026-03-02T12:00:00Z")));
}
