#include "runtime/time_zone.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

namespace chrono = std::chrono;
using kind = local_instants::kind;

clock::wall_time utc(int year, unsigned month, unsigned day,
                     chrono::microseconds time = 0us) {
  return chrono::sys_days{chrono::year{year} / chrono::month{month}
                          / chrono::day{day}}
         + time;
}

local_time wall(int year, unsigned month, unsigned day,
                chrono::microseconds time = 0us) {
  return local_time{utc(year, month, day, time).time_since_epoch()};
}

time_zone zone(std::string_view name) {
  const auto found = time_zone::find(name);
  if (!found)
    FAIL(render(found.error()));
  return *found;
}

} // namespace

TEST_CASE("a time zone is UTC until it is told otherwise") {
  const auto untold = time_zone{};
  CHECK(untold.name() == "UTC");
  CHECK(untold.to_local(utc(2026, 7, 1, 12h)) == wall(2026, 7, 1, 12h));
  CHECK(untold.to_instants(wall(2026, 7, 1, 12h))
        == local_instants{kind::unique, utc(2026, 7, 1, 12h),
                          utc(2026, 7, 1, 12h)});
  CHECK(untold == zone("UTC"));
}

TEST_CASE("a time zone tells local time in winter and in summer") {
  const auto berlin = zone("Europe/Berlin");
  CHECK(berlin.to_local(utc(2026, 1, 15, 12h)) == wall(2026, 1, 15, 13h));
  CHECK(berlin.to_local(utc(2026, 7, 15, 12h)) == wall(2026, 7, 15, 14h));
  CHECK(berlin.to_local(utc(2026, 7, 15, 12h + 1us))
        == wall(2026, 7, 15, 14h + 1us));
  CHECK(berlin.period_at(utc(2026, 7, 1)).begin == utc(2026, 3, 29, 1h));
  CHECK(berlin.period_at(utc(2026, 7, 1)).end == utc(2026, 10, 25, 1h));
}

TEST_CASE("a time that the clock skips is its first instant after the gap") {
  const auto berlin = zone("Europe/Berlin");
  const auto change = utc(2026, 3, 29, 1h);
  CHECK(berlin.to_instants(wall(2026, 3, 29, 2h))
        == local_instants{kind::skipped, change, change});
  CHECK(berlin.to_instants(wall(2026, 3, 29, 3h - 1us))
        == local_instants{kind::skipped, change, change});
  CHECK(berlin.to_instants(wall(2026, 3, 29, 3h))
        == local_instants{kind::unique, change, change});
}

TEST_CASE("a time that the clock repeats has two instants") {
  const auto berlin = zone("Europe/Berlin");
  CHECK(berlin.to_instants(wall(2026, 10, 25, 2h + 30min))
        == local_instants{kind::repeated, utc(2026, 10, 25, 30min),
                          utc(2026, 10, 25, 1h + 30min)});
  CHECK(berlin.to_instants(wall(2026, 10, 25, 3h)).type == kind::unique);
  const auto lord_howe = zone("Australia/Lord_Howe");
  const auto twice = lord_howe.to_instants(wall(2026, 4, 5, 1h + 45min));
  CHECK(twice.type == kind::repeated);
  CHECK(twice.last - twice.first == 30min);
}

TEST_CASE("a place that moved over the date line lost a day") {
  const auto apia = zone("Pacific/Apia");
  const auto lost = apia.to_instants(wall(2011, 12, 30, 12h));
  CHECK(lost.type == kind::skipped);
  CHECK(lost.first == utc(2011, 12, 30, 10h));
  CHECK(apia.to_local(lost.first) == wall(2011, 12, 31));
}

TEST_CASE("clocks go on changing after the last listed change") {
  const auto berlin = zone("Europe/Berlin");
  CHECK(berlin.to_local(utc(2052, 7, 1, 12h)) == wall(2052, 7, 1, 14h));
  CHECK(berlin.to_local(utc(2052, 12, 1, 12h)) == wall(2052, 12, 1, 13h));
  CHECK(berlin.to_instants(wall(2040, 3, 25, 2h + 30min))
        == local_instants{kind::skipped, utc(2040, 3, 25, 1h),
                          utc(2040, 3, 25, 1h)});
  const auto period = berlin.period_at(utc(2037, 12, 1));
  CHECK(period.begin == utc(2037, 10, 25, 1h));
  CHECK(period.end == utc(2038, 3, 28, 1h));
}

TEST_CASE("a place without daylight time keeps its offset for ever") {
  const auto kolkata = zone("Asia/Kolkata");
  CHECK(kolkata.offset_at(utc(2100, 7, 1)) == 5h + 30min);
  CHECK(kolkata.period_at(utc(2100, 7, 1)).end == zone_time_max);
}

TEST_CASE("an unknown time zone is refused with the nearest name") {
  const auto wrong = time_zone::find("Europe/Berlim");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind == problem_kind::invalid_input);
  CHECK(wrong.error().message == "unknown time zone \"Europe/Berlim\"");
  CHECK(wrong.error().hint == "did you mean \"Europe/Berlin\"?");
  for (const auto* name : {"", "localtime", "../../etc/passwd", "posixrules",
                           "right/Europe/Berlin", "xxxxxxxxxxxxxxxxxxxxxxxx"})
    CHECK_FALSE(time_zone::find(name));
}

TEST_CASE("local time and back is the same instant, in every zone") {
  const auto names = time_zone::known_names();
  REQUIRE(names);
  REQUIRE(names->size() > 400);
  for (const auto& name : *names) {
    INFO(name);
    const auto here = zone(name);
    for (auto at = utc(1995, 1, 1, 17min); at < utc(2060, 1, 1); at += 2011h) {
      const auto back = here.to_instants(here.to_local(at));
      REQUIRE(back.type != kind::skipped);
      REQUIRE((back.first == at || back.last == at));
      const auto period = here.period_at(at);
      REQUIRE(period.begin <= at);
      REQUIRE(at < period.end);
    }
  }
}

TEST_CASE("the periods of a zone follow each other without a gap") {
  for (const auto* name : {"Europe/Berlin", "America/New_York",
                           "Africa/Casablanca", "America/Nuuk", "Asia/Gaza"}) {
    INFO(name);
    const auto here = zone(name);
    for (auto at = utc(2020, 1, 1); at < utc(2100, 1, 1);) {
      const auto period = here.period_at(at);
      if (period.end == zone_time_max)
        break;
      const auto next = here.period_at(period.end);
      REQUIRE(next.begin == period.end);
      at = period.end;
    }
  }
}
