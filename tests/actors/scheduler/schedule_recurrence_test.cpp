#include "actors/scheduler/schedule_recurrence.hpp"
#include "tests/actors/scheduler/draws.hpp"
#include "tests/actors/scheduler/schedule_texts.hpp"
#include "tests/actors/scheduler/schedules.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::scheduler;
using namespace troupe::tests;

namespace {

using texts = std::vector<std::string>;

schedule_recurrence recurrence(const std::string& keys) {
  return schedule_recurrence{schedule(keys)};
}

/// The next `count` due times after `after`.
texts next_times(const std::string& keys, std::string_view after,
                 std::size_t count) {
  const auto of = recurrence(keys);
  auto result = texts{};
  for (auto due = of.next(at(after)); due && result.size() < count;
       due = of.next(*due))
    result.push_back(to_string(*due));
  return result;
}

/// All due times in (begin, end), by the definition of the calendar and nothing
/// else: it looks at every minute.
std::vector<instant> naive_times(const schedule_definition& of, instant begin,
                                 instant end) {
  auto raw = of;
  raw.calendar = {};
  raw.from.reset();
  raw.until.reset();
  const auto times = schedule_recurrence{raw};
  const auto keeps = of.calendar.policy() == exclusion_policy::skip;
  auto result = std::vector<instant>{};
  auto moved = begin - 72h;
  for (auto due = times.next(begin - 72h); due && *due < end;
       due = times.next(*due)) {
    // Everything between the time before and where that was moved is excluded.
    moved = keeps ? *due : std::max(*due, moved);
    while (moved < end && of.calendar.excludes(moved) && !keeps)
      moved += 1min;
    if (moved >= end)
      break;
    if (!of.calendar.excludes(moved) && moved > begin
        && (!of.from || moved >= *of.from) && (!of.until || moved <= *of.until)
        && (result.empty() || result.back() != moved))
      result.push_back(moved);
  }
  return result;
}

std::string random_timing(draws& from) {
  switch (from.between(0, 4)) {
    case 0:
      return "cron: '*/" + std::to_string(from.between(7, 59)) + " * * * *'\n";
    case 1:
      return "every: " + std::to_string(from.between(5, 900)) + "m\n"
             + (from.chance(50) ? "anchor: 2026-03-01T00:07:00Z\n" : "");
    case 2:
      return "frequency: daily\nat: ['09:30', '17:00', '02:15']\n";
    case 3:
      return "frequency: weekly\nat: '12:00'\ndays: [MON, 3, FRI-SUN]\n";
    default:
      return "frequency: hourly\nat: [':05', ':50']\n";
  }
}

std::string random_calendar(draws& from) {
  auto text = std::string{"calendar:\n  on_excluded: "}
              + (from.chance(60) ? "defer" : "skip") + "\n  exclude:\n";
  for (auto count = from.between(1, 3); count > 0; --count) {
    const auto hour = [&from] {
      const auto digits = std::to_string(from.between(100, 123)).substr(1);
      return "'" + digits + ":" + (from.chance(50) ? "00" : "30") + "'";
    };
    text += "  - {from: " + hour() + ", to: " + hour();
    if (from.chance(50))
      text += ", days: MON-FRI";
    if (from.chance(30))
      text += ", dates: [2026-03-24..2026-04-02, 2026-10-25]";
    if (from.chance(50))
      text += ", zone: America/New_York";
    text += "}\n";
  }
  return text;
}

} // namespace

TEST_CASE("an interval is due at its anchor and at equal distances from it") {
  CHECK(next_times("every: 15m\n", "2026-03-29T00:50:00Z", 3)
        == texts{"2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z",
                 "2026-03-29T01:30:00Z"});
  const auto anchored = std::string{"every: 1d12h\n"
                                    "anchor: 2026-03-29T01:00:00+02:00\n"};
  CHECK(next_times(anchored, "2026-03-28T22:59:59.999999Z", 2)
        == texts{"2026-03-28T23:00:00Z", "2026-03-30T11:00:00Z"});
  CHECK(next_times(anchored, "2026-03-25T23:00:00Z", 1)
        == texts{"2026-03-27T11:00:00Z"});
  CHECK(recurrence(anchored).previous(at("2026-03-28T23:00:00Z"))
        == at("2026-03-27T11:00:00Z"));
  CHECK(recurrence("every: 1h\n").previous(at("1969-12-31T23:30:00Z"))
        == at("1969-12-31T23:00:00Z"));
}

TEST_CASE("a frequency has the clock change policy of fixed times") {
  CHECK(next_times("frequency: daily\nat: '02:30'\nzone: Europe/Berlin\n",
                   "2026-03-28T12:00:00Z", 2)
        == texts{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"});
  CHECK(next_times("frequency: weekly\ndays: [SUN]\nat: '02:30'\n"
                   "zone: Europe/Berlin\n",
                   "2026-10-24T12:00:00Z", 2)
        == texts{"2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"});
  CHECK(
    next_times("frequency: monthly\ndays: [15, L]\n", "2026-02-01T00:00:00Z", 3)
    == texts{"2026-02-15T00:00:00Z", "2026-02-28T00:00:00Z",
             "2026-03-15T00:00:00Z"});
  CHECK(next_times("frequency: hourly\nat: [':45', ':15:30']\n",
                   "2026-02-01T00:00:00Z", 3)
        == texts{"2026-02-01T00:15:30Z", "2026-02-01T00:45:00Z",
                 "2026-02-01T01:15:30Z"});
  CHECK(next_times("frequency: daily\nat: ['18:00', '06:30', '18:00']\n",
                   "2026-02-01T07:00:00Z", 3)
        == texts{"2026-02-01T18:00:00Z", "2026-02-02T06:30:00Z",
                 "2026-02-02T18:00:00Z"});
}

TEST_CASE("a schedule may be due once, and only within its limits") {
  const auto once = recurrence("once: 2026-03-29T01:00:00Z\n");
  CHECK(once.next(at("2026-01-01T00:00:00Z")) == at("2026-03-29T01:00:00Z"));
  CHECK_FALSE(once.next(at("2026-03-29T01:00:00Z")));
  CHECK_FALSE(once.previous(at("2026-03-29T01:00:00Z")));
  CHECK(next_times("every: 1h\nfrom: 2026-03-29T01:00:00Z\n"
                   "until: 2026-03-29T02:00:00Z\n",
                   "2020-01-01T00:00:00Z", 9)
        == texts{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"});
  CHECK_FALSE(recurrence("every: 1h\nfrom: 2026-03-29T01:00:00Z\n")
                .previous(at("2026-03-29T01:00:00Z")));
}

TEST_CASE("excluded times are skipped, or due when the window ends") {
  const auto keys = [](const std::string& policy) {
    return "frequency: hourly\ncalendar:\n  on_excluded: " + policy
           + "\n  exclude: [{from: '09:00', to: '17:30', days: MON-FRI}]\n";
  };
  CHECK(next_times(keys("skip"), "2026-03-02T07:30:00Z", 3)
        == texts{"2026-03-02T08:00:00Z", "2026-03-02T18:00:00Z",
                 "2026-03-02T19:00:00Z"});
  CHECK(next_times(keys("defer"), "2026-03-02T07:30:00Z", 3)
        == texts{"2026-03-02T08:00:00Z", "2026-03-02T17:30:00Z",
                 "2026-03-02T18:00:00Z"});
  CHECK(recurrence(keys("defer")).previous(at("2026-03-02T17:30:00Z"))
        == at("2026-03-02T08:00:00Z"));
}

TEST_CASE("a schedule that is always excluded is never due") {
  for (const auto* policy : {"skip", "defer"}) {
    const auto never
      = recurrence(std::string{"every: 1h\ncalendar:\n  on_excluded: "} + policy
                   + "\n  exclude: [{from: '00:00', to: '24:00'}]\n");
    CHECK_FALSE(never.next(at("2026-03-02T07:30:00Z")));
    CHECK_FALSE(never.previous(at("2026-03-02T07:30:00Z")));
  }
  const auto at_noon
    = recurrence("frequency: daily\nat: '12:00'\ncalendar: "
                 "{exclude: [{from: '11:00', to: '13:00'}]}\n");
  CHECK_FALSE(at_noon.next(at("2026-03-02T07:30:00Z")));
  CHECK_FALSE(at_noon.previous(at("2026-03-02T07:30:00Z")));
}

TEST_CASE("a search over times that are excluded one by one comes to an end") {
  const auto closed
    = next_times("cron: '0 0 * * *'\ncalendar: {exclude: [{from: "
                 "'00:00', to: '00:01', dates: "
                 "[2026-01-01..2035-12-31]}]}\n",
                 "2026-01-01T00:00:00Z", 1);
  CHECK(closed == texts{"2036-01-01T00:00:00Z"});
  auto every_quarter = std::string{"cron: '*/15 * * * *'\ncalendar:\n"
                                   "  exclude:\n"};
  for (const auto* hour :
       {"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11",
        "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"})
    for (const auto* minute : {"00", "15", "30", "45"}) {
      const auto time = std::string{hour} + ":" + minute;
      every_quarter += "  - {from: '" + time + "', to: '" + time + ":01'}\n";
    }
  CHECK(next_times(every_quarter, "2026-01-01T00:00:00Z", 1).empty());
  CHECK_FALSE(recurrence(every_quarter).previous(at("2026-01-01T00:00:00Z")));
}

TEST_CASE("due times are those of a naive look at every minute") {
  for (auto seed = std::uint64_t{1}; seed <= effort(300); ++seed) {
    auto from = draws{seed};
    auto keys = random_timing(from);
    const auto has_zone = !keys.starts_with("every");
    if (from.chance(80))
      keys += random_calendar(from);
    if (from.chance(30))
      keys += "until: 2026-03-31T12:00:00Z\n";
    if (has_zone)
      keys += "zone: Europe/Berlin\n";
    CAPTURE(seed, keys);
    const auto of = schedule(keys);
    const auto times = schedule_recurrence{of};
    const auto begin = at("2026-03-26T00:00:00Z") + 1min * from.between(0, 999);
    const auto end = begin + 24h * from.between(2, 7);
    const auto expected = naive_times(of, begin, end);
    auto forward = std::vector<instant>{};
    for (auto due = times.next(begin); due && *due < end;
         due = times.next(*due))
      forward.push_back(*due);
    CHECK(forward == expected);
    auto backward = std::vector<instant>{};
    for (auto due = times.previous(end); due && *due > begin;
         due = times.previous(*due))
      backward.push_back(*due);
    std::reverse(backward.begin(), backward.end());
    CHECK(backward == expected);
  }
}

TEST_CASE("jitter is the same whenever asked and keeps the order of starts") {
  for (const auto* jitter : {"1s", "20m", "5h"}) {
    const auto keys
      = std::string{"cron: '*/10 * * * *'\njitter: "} + jitter + "\n";
    const auto times = recurrence(keys);
    auto due = *times.next(at("2026-03-02T00:00:00Z"));
    auto delays = std::vector<std::chrono::microseconds>{};
    for (auto i = 0; i < 200; ++i) {
      const auto follower = *times.next(due);
      const auto start = times.start_of(due);
      CHECK(start >= due);
      CHECK(start < follower);
      CHECK(start == recurrence(keys).start_of(due));
      delays.push_back(start - due);
      due = follower;
    }
    std::sort(delays.begin(), delays.end());
    CHECK(std::unique(delays.begin(), delays.end()) - delays.begin() > 100);
  }
  const auto exact = recurrence("every: 10m\n");
  const auto due = at("2026-03-02T00:10:00Z");
  CHECK(exact.start_of(due) == due);
}

TEST_CASE("a fire key names schedule and due time") {
  CHECK(fire_key("finance/nightly", at("2026-03-29T03:00:00+02:00"))
        == "finance/nightly@2026-03-29T01:00:00Z");
}
