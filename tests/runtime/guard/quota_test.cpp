#include "runtime/guard/quota.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

namespace chrono = std::chrono;
using reason = quota_refusal::reason_kind;

clock::wall_time utc(int year, unsigned month, unsigned day,
                     chrono::microseconds time = 0us) {
  return chrono::sys_days{chrono::year{year} / chrono::month{month}
                          / chrono::day{day}}
         + time;
}

time_zone zone(std::string_view name) {
  return time_zone::find(name).value();
}

quota_options daily(std::uint64_t limit, std::uint64_t reserve = 0) {
  return {limit, quota_window::day, zone("Europe/Berlin"), reserve};
}

} // namespace

TEST_CASE("a quota holds until its calendar window ends") {
  auto budget = quota{daily(2)};
  const auto now = utc(2026, 1, 15, 12h);
  budget.take(now);
  CHECK_FALSE(budget.check(now, quota_caller::normal));
  budget.take(now);
  const auto midnight = utc(2026, 1, 15, 23h);
  CHECK(budget.check(now, quota_caller::normal)
        == quota_refusal{reason::exhausted, midnight});
  CHECK(budget.check(midnight - 1us, quota_caller::normal));
  CHECK_FALSE(budget.check(midnight, quota_caller::normal));
  CHECK(budget.used(midnight) == 0);
}

TEST_CASE("the last of a quota is for priority callers") {
  auto budget = quota{daily(10, 3)};
  const auto now = utc(2026, 1, 15, 12h);
  budget.take(now, 7);
  CHECK(budget.check(now, quota_caller::normal)->reason == reason::reserved);
  CHECK_FALSE(budget.check(now, quota_caller::priority, 3));
  CHECK(budget.check(now, quota_caller::priority, 4)->reason
        == reason::exhausted);
  budget.take(now, 3);
  CHECK(budget.check(now, quota_caller::normal)->reason == reason::exhausted);
}

TEST_CASE("what never fits into a quota is told apart") {
  auto budget = quota{daily(10, 3)};
  const auto now = utc(2026, 1, 15, 12h);
  CHECK(budget.check(now, quota_caller::normal, 8)->reason == reason::never);
  CHECK_FALSE(budget.check(now, quota_caller::priority, 8));
  CHECK(budget.check(now, quota_caller::priority, 11)->reason == reason::never);
}

TEST_CASE("a quota warns once at 80, 90 and 100 percent of each window") {
  auto budget = quota{daily(10)};
  const auto now = utc(2026, 1, 15, 12h);
  const auto end = utc(2026, 1, 15, 23h);
  CHECK(budget.take(now, 7).empty());
  CHECK(budget.take(now) == std::vector{quota_warning{80, 8, 10, end}});
  CHECK(budget.take(now, 2)
        == std::vector{quota_warning{90, 10, 10, end},
                       quota_warning{100, 10, 10, end}});
  CHECK(budget.take(now, 5).empty());
  CHECK(budget.take(end, 8)
        == std::vector{quota_warning{80, 8, 10, utc(2026, 1, 16, 23h)}});
}

TEST_CASE("a warning never comes early and never is lost for a small limit") {
  for (std::uint64_t limit = 1; limit < 250; ++limit) {
    auto budget = quota{daily(limit)};
    auto seen = std::vector<std::uint32_t>{};
    for (std::uint64_t used = 1; used <= limit; ++used) {
      for (const auto& warning : budget.take(utc(2026, 1, 15))) {
        seen.push_back(warning.percent);
        REQUIRE(used * 100 >= warning.percent * limit);
        REQUIRE((used - 1) * 100 < warning.percent * limit);
      }
    }
    REQUIRE(seen == std::vector<std::uint32_t>{80, 90, 100});
  }
}

TEST_CASE("days are 23 and 25 hours long where clocks change") {
  const auto berlin = zone("Europe/Berlin");
  CHECK(window_at(quota_window::day, berlin, utc(2026, 3, 29, 12h))
        == window_bounds{utc(2026, 3, 28, 23h), utc(2026, 3, 29, 22h)});
  CHECK(window_at(quota_window::day, berlin, utc(2026, 10, 25, 12h))
        == window_bounds{utc(2026, 10, 24, 22h), utc(2026, 10, 25, 23h)});
}

TEST_CASE("a day begins after a midnight that the clock skips") {
  const auto beirut = zone("Asia/Beirut");
  const auto window
    = window_at(quota_window::day, beirut, utc(2026, 3, 29, 12h));
  CHECK(window.begin == utc(2026, 3, 28, 22h));
  CHECK(window.end == utc(2026, 3, 29, 21h));
  CHECK(beirut.to_local(window.begin).time_since_epoch() % 24h == 1h);
}

TEST_CASE("each pass of a repeated hour is a window of its own") {
  const auto berlin = zone("Europe/Berlin");
  const auto first
    = window_at(quota_window::hour, berlin, utc(2026, 10, 25, 30min));
  const auto second
    = window_at(quota_window::hour, berlin, utc(2026, 10, 25, 1h + 30min));
  CHECK(first == window_bounds{utc(2026, 10, 25), utc(2026, 10, 25, 1h)});
  CHECK(second == window_bounds{utc(2026, 10, 25, 1h), utc(2026, 10, 25, 2h)});
  // Half an hour is repeated there: the window is cut at the change.
  const auto lord_howe = zone("Australia/Lord_Howe");
  CHECK(window_at(quota_window::hour, lord_howe, utc(2026, 4, 4, 15h))
        == window_bounds{utc(2026, 4, 4, 15h), utc(2026, 4, 4, 15h + 30min)});
}

TEST_CASE("weeks begin on Monday and months on the first") {
  const auto utc_zone = time_zone{};
  CHECK(window_at(quota_window::week, utc_zone, utc(2026, 3, 1, 12h))
        == window_bounds{utc(2026, 2, 23), utc(2026, 3, 2)});
  CHECK(window_at(quota_window::week, utc_zone, utc(2026, 3, 2))
        == window_bounds{utc(2026, 3, 2), utc(2026, 3, 9)});
  CHECK(window_at(quota_window::month, utc_zone, utc(2026, 12, 31, 23h))
        == window_bounds{utc(2026, 12, 1), utc(2027, 1, 1)});
  CHECK(window_at(quota_window::minute, utc_zone, utc(2026, 1, 1, 90s))
        == window_bounds{utc(2026, 1, 1, 1min), utc(2026, 1, 1, 2min)});
}

TEST_CASE("windows of a kind follow each other without gap or overlap") {
  const auto kind = GENERATE(quota_window::hour, quota_window::day,
                             quota_window::week, quota_window::month);
  for (const auto* name : {"Europe/Berlin", "Asia/Beirut", "America/Havana",
                           "Australia/Lord_Howe", "Pacific/Apia"}) {
    INFO(name);
    const auto here = zone(name);
    auto window = window_at(kind, here, utc(2011, 6, 1));
    while (window.end < utc(2012, 7, 1)) {
      REQUIRE(window.begin < window.end);
      REQUIRE(window_at(kind, here, window.begin) == window);
      REQUIRE(window_at(kind, here, window.end - 1us) == window);
      const auto next = window_at(kind, here, window.end);
      REQUIRE(next.begin == window.end);
      window = next;
    }
  }
}

TEST_CASE("a clock that is set back gives no quota back") {
  auto budget = quota{daily(2)};
  const auto now = utc(2026, 1, 15, 23h + 30min); // The 16th in Berlin.
  budget.take(now, 2);
  CHECK(budget.check(now - 1h, quota_caller::normal));
  CHECK(budget.used(now - 1h) == 2);
  // Farther than a window, the count moves along with the clock.
  CHECK(budget.used(utc(2026, 1, 3)) == 2);
  CHECK(budget.window(utc(2026, 1, 3)).end == utc(2026, 1, 3, 23h));
  CHECK(budget.used(utc(2026, 1, 4)) == 0);
}

TEST_CASE("a quota goes on after a restart, within its window") {
  auto budget = quota{daily(10)};
  const auto now = utc(2026, 1, 15, 12h);
  budget.take(now, 8);
  const auto saved = budget.save();
  auto again = quota{daily(10)};
  again.restore(saved, now + 1h);
  CHECK(again.used(now + 1h) == 8);
  CHECK(again.take(now + 1h, 0).empty());
  again.restore(saved, now + 24h);
  CHECK(again.used(now + 24h) == 0);
}

TEST_CASE("a count beyond all numbers stays full") {
  auto budget = quota{{std::numeric_limits<std::uint64_t>::max(),
                       quota_window::day, time_zone{}, 0}};
  const auto now = utc(2026, 1, 15);
  budget.take(now, std::numeric_limits<std::uint64_t>::max());
  budget.take(now, 5);
  CHECK(budget.used(now) == std::numeric_limits<std::uint64_t>::max());
}
