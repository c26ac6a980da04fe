// Cron against an oracle that knows nothing but what the wall clock of the C
// library shows at every second or minute, and looks at each of them.
#include "actors/scheduler/cron_schedule.hpp"
#include "tests/actors/scheduler/draws.hpp"
#include "tests/actors/scheduler/local_clock.hpp"
#include "tests/actors/scheduler/schedules.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace troupe::scheduler;
using namespace troupe::tests;

namespace {

constexpr auto zones = {
  "Europe/Berlin",       "America/New_York", "America/St_Johns",
  "Australia/Lord_Howe", "Pacific/Auckland", "America/Sao_Paulo",
  "Africa/Casablanca",   "Antarctica/Troll", "Asia/Gaza",
  "America/Nuuk",        "Pacific/Chatham",  "Asia/Beirut",
  "Africa/Cairo",        "America/Santiago", "UTC",
};

using day_rule = std::function<bool(const wall_reading&)>;

/// An expression as text, and as what the oracle needs of it.
struct written_cron {
  std::string text;
  std::vector<bool> seconds;
  std::vector<bool> minutes;
  std::vector<bool> hours;
  std::vector<bool> months;
  std::vector<day_rule> days;
  std::vector<day_rule> days_of_week;

  [[nodiscard]] bool is_fixed() const {
    const auto count = [](const std::vector<bool>& of) {
      return std::count(of.begin(), of.end(), true);
    };
    return count(seconds) == 1 && count(minutes) == 1 && count(hours) == 1;
  }

  [[nodiscard]] bool matches(const wall_reading& at) const {
    const auto index
      = [](int value) { return static_cast<std::size_t>(value); };
    if (!seconds[index(at.second)] || !minutes[index(at.minute)]
        || !hours[index(at.hour)] || !months[index(at.month)])
      return false;
    const auto any = [&](const std::vector<day_rule>& rules) {
      return std::any_of(rules.begin(), rules.end(),
                         [&](const day_rule& rule) { return rule(at); });
    };
    if (days.empty() && days_of_week.empty())
      return true;
    return any(days) || any(days_of_week);
  }
};

int days_in_month(const wall_reading& of) {
  const auto is_leap
    = (of.year % 4 == 0 && of.year % 100 != 0) || of.year % 400 == 0;
  if (of.month == 2)
    return is_leap ? 29 : 28;
  return of.month == 4 || of.month == 6 || of.month == 9 || of.month == 11 ? 30
                                                                           : 31;
}

/// Whether `at` is the working day nearest to the given day of its month, found
/// by looking at days farther and farther away, earlier ones first.
bool is_nearest_weekday(const wall_reading& at, int day) {
  if (day > days_in_month(at))
    return false;
  for (auto distance = 0; distance < 4; ++distance) {
    for (const auto candidate : {day - distance, day + distance}) {
      const auto weekday = (at.day_of_week + 70 + candidate - at.day) % 7;
      if (candidate >= 1 && candidate <= days_in_month(at) && weekday >= 1
          && weekday <= 5)
        return candidate == at.day;
    }
  }
  return false;
}

/// Draws the text of one field and the values it stands for.
std::string draw_values(draws& random, int min, int max, int likely_max,
                        std::vector<bool>& values) {
  values.assign(static_cast<std::size_t>(max) + 1, false);
  const auto add = [&](int from, int to, int step) {
    for (auto value = from; value <= to; value += step)
      values[static_cast<std::size_t>(value)] = true;
  };
  const auto form = random.below(10);
  if (form == 0) {
    add(min, max, 1);
    return "*";
  }
  if (form == 1) {
    const auto step = random.between(2, 1 + (max - min) / 2);
    add(min, max, step);
    return "*/" + std::to_string(step);
  }
  auto text = std::string{};
  const auto items = form < 6 ? 1 : random.between(2, 3);
  for (auto i = 0; i < items; ++i) {
    const auto from = random.between(min, random.chance(80) ? likely_max : max);
    const auto to = random.between(from, max);
    text += (i == 0 ? "" : ",") + std::to_string(from);
    if (random.chance(70)) {
      add(from, from, 1);
      continue;
    }
    const auto step = random.between(1, 4);
    add(from, to, step);
    text += "-" + std::to_string(to)
            + (step == 1 ? "" : "/" + std::to_string(step));
  }
  return text;
}

std::string draw_days(draws& random, std::vector<day_rule>& rules) {
  if (random.chance(60))
    return "*";
  switch (random.below(4)) {
    case 0: {
      const auto day = random.between(1, 31);
      rules.emplace_back(
        [day](const wall_reading& at) { return is_nearest_weekday(at, day); });
      return std::to_string(day) + "W";
    }
    case 1:
      rules.emplace_back(
        [](const wall_reading& at) { return at.day == days_in_month(at); });
      return "L";
    case 2:
      rules.emplace_back([](const wall_reading& at) {
        return is_nearest_weekday(at, days_in_month(at));
      });
      return "LW";
    default:
      break;
  }
  auto values = std::vector<bool>{};
  auto text = draw_values(random, 1, 31, 31, values);
  if (text != "*")
    rules.emplace_back([values](const wall_reading& at) {
      return values[static_cast<std::size_t>(at.day)];
    });
  return text;
}

std::string draw_days_of_week(draws& random, std::vector<day_rule>& rules) {
  if (random.chance(60))
    return "*";
  const auto day = random.between(0, 7);
  const auto is_day
    = [day](const wall_reading& at) { return at.day_of_week == day % 7; };
  switch (random.below(3)) {
    case 0: {
      const auto nth = random.between(1, 5);
      rules.emplace_back([=](const wall_reading& at) {
        return is_day(at) && (at.day - 1) / 7 + 1 == nth;
      });
      return std::to_string(day) + "#" + std::to_string(nth);
    }
    case 1:
      rules.emplace_back([=](const wall_reading& at) {
        return is_day(at) && at.day + 7 > days_in_month(at);
      });
      return std::to_string(day) + "L";
    default:
      rules.emplace_back(is_day);
      return std::to_string(day);
  }
}

written_cron draw_cron(draws& random, bool has_seconds) {
  auto result = written_cron{};
  result.seconds.assign(60, false);
  result.seconds[0] = true;
  if (has_seconds)
    result.text = draw_values(random, 0, 59, 59, result.seconds) + " ";
  result.text += draw_values(random, 0, 59, 59, result.minutes) + " ";
  // Clocks change at night.
  result.text += draw_values(random, 0, 23, 4, result.hours) + " ";
  result.text += draw_days(random, result.days) + " ";
  if (random.chance(80)) {
    result.months.assign(13, true);
    result.text += "* ";
  } else {
    result.text += draw_values(random, 1, 12, 12, result.months) + " ";
  }
  result.text += draw_days_of_week(random, result.days_of_week);
  return result;
}

/// The readings of a clock, every `step` seconds.
std::vector<wall_reading> watch(const local_clock& clock, std::int64_t begin,
                                std::int64_t end, std::int64_t step) {
  auto readings = std::vector<wall_reading>{};
  begin -= begin % step;
  for (auto at = begin; at < end; at += step)
    readings.push_back(clock.read(at));
  return readings;
}

/// When an expression is due, by the policy as it is written down.
std::vector<std::int64_t> due_times(const written_cron& cron,
                                    const std::vector<wall_reading>& readings,
                                    std::int64_t step) {
  auto due = std::vector<std::int64_t>{};
  const auto is_fixed = cron.is_fixed();
  auto seen_until = readings.front().local - step;
  for (const auto& now : readings) {
    auto is_due = cron.matches(now) && (!is_fixed || now.local > seen_until);
    if (is_fixed)
      for (auto skipped = seen_until + step; skipped < now.local;
           skipped += step)
        is_due |= cron.matches(reading_of(skipped));
    seen_until = std::max(seen_until, now.local);
    if (is_due)
      due.push_back(now.utc);
  }
  return due;
}

std::int64_t to_count(instant at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch())
    .count();
}

instant to_instant(std::int64_t count) {
  return instant{std::chrono::seconds{count}};
}

/// Compares what the expression says of a stretch of time; the number of due
/// times in it.
std::size_t compare(draws& random, const std::string& zone,
                    const written_cron& written,
                    const std::vector<wall_reading>& readings,
                    std::int64_t step) {
  const auto expected = due_times(written, readings, step);
  const auto schedule = cron(written.text, zone);
  const auto begin = readings.front().utc;
  const auto end = readings.back().utc + step;
  CAPTURE(zone, written.text, begin, end);
  auto found = std::vector<std::int64_t>{};
  for (auto next = schedule.next(to_instant(begin - 1));
       next && to_count(*next) < end; next = schedule.next(*next))
    found.push_back(to_count(*next));
  REQUIRE(found == expected);
  found.clear();
  for (auto last = schedule.previous(to_instant(end));
       last && to_count(*last) >= begin; last = schedule.previous(*last))
    found.push_back(to_count(*last));
  std::reverse(found.begin(), found.end());
  REQUIRE(found == expected);
  // The answer does not depend on when it is asked.
  for (auto i = 0; i < 20; ++i) {
    const auto from = begin
                      + static_cast<std::int64_t>(
                        random.below(static_cast<std::uint64_t>(end - begin)));
    const auto later = std::upper_bound(expected.begin(), expected.end(), from);
    const auto next = schedule.next(to_instant(from));
    if (later != expected.end())
      REQUIRE(to_count(next.value()) == *later);
    else
      REQUIRE((!next || to_count(*next) >= end));
  }
  return found.size();
}

const auto begin_2020 = to_count(at("2020-01-01T00:00:00Z"));
const auto end_2040 = to_count(at("2041-01-01T00:00:00Z"));
constexpr auto hour = std::int64_t{3600};

} // namespace

TEST_CASE("around every clock change, cron does what a watchman would") {
  auto random = draws{1};
  auto changes = std::size_t{0};
  auto due = std::size_t{0};
  for (const auto* zone : zones) {
    const auto clock = local_clock{zone};
    for (const auto change : clock.changes(begin_2020, end_2040)) {
      ++changes;
      const auto readings
        = watch(clock, change - 30 * hour, change + 30 * hour, 60);
      for (auto i = 0; i < 4; ++i)
        due += compare(random, zone, draw_cron(random, false), readings, 60);
    }
  }
  CHECK(changes > 350);
  CHECK(due > 10'000);
}

TEST_CASE("a fixed time in any minute near a clock change is due once a day") {
  auto random = draws{2};
  for (const auto* zone : zones) {
    const auto clock = local_clock{zone};
    for (const auto change : clock.changes(begin_2020, end_2040)) {
      const auto readings
        = watch(clock, change - 30 * hour, change + 30 * hour, 60);
      const auto near = clock.read(change + random.between(-180, 180) * 60);
      auto daily = written_cron{};
      daily.text = std::to_string(near.minute) + " " + std::to_string(near.hour)
                   + " * * *";
      daily.seconds.assign(60, false);
      daily.minutes = daily.seconds;
      daily.hours.assign(24, false);
      daily.months.assign(13, true);
      daily.seconds[0] = true;
      daily.minutes[static_cast<std::size_t>(near.minute)] = true;
      daily.hours[static_cast<std::size_t>(near.hour)] = true;
      const auto count = compare(random, zone, daily, readings, 60);
      REQUIRE(count >= 2);
      REQUIRE(count <= 3);
    }
  }
}

TEST_CASE("second by second, cron does what a watchman would") {
  auto random = draws{3};
  for (const auto* zone : zones) {
    const auto clock = local_clock{zone};
    auto changes = clock.changes(begin_2020, end_2040);
    changes.push_back(to_count(at("2028-02-29T00:00:00Z")));
    for (auto i = 0; i < 4; ++i) {
      const auto change = changes[random.below(changes.size())];
      const auto readings
        = watch(clock, change - 3 * hour, change + 3 * hour, 1);
      for (auto j = 0; j < 3; ++j)
        compare(random, zone, draw_cron(random, true), readings, 1);
    }
  }
}

TEST_CASE("in any stretch of 2020 to 2040, cron does what a watchman would") {
  auto random = draws{4};
  auto due = std::size_t{0};
  for (const auto* zone : zones) {
    const auto clock = local_clock{zone};
    for (auto i = 0; i < 6; ++i) {
      const auto begin = begin_2020
                         + static_cast<std::int64_t>(random.below(
                           static_cast<std::uint64_t>(end_2040 - begin_2020)));
      const auto readings = watch(clock, begin, begin + 240 * hour, 60);
      for (auto j = 0; j < 4; ++j)
        due += compare(random, zone, draw_cron(random, false), readings, 60);
    }
  }
  CHECK(due > 10'000);
}
