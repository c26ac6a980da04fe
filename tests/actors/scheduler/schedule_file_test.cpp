#include "actors/scheduler/exclusion_calendar_file.hpp"
#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_recurrence.hpp"
#include "actors/scheduler/schedule_timing_file.hpp"
#include "actors/scheduler/schedule_words.hpp"
#include "tests/actors/scheduler/draws.hpp"
#include "tests/actors/scheduler/schedule_texts.hpp"
#include "tests/actors/scheduler/schedules.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <variant>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scheduler;
using namespace troupe::tests;

namespace {

/// Checks that these keys (the first on line 5) have one problem.
void refuses(const std::string& keys, std::size_t line, const std::string& key,
             const std::string& message) {
  CAPTURE(keys);
  const auto read = parse_schedule(schedule_text(keys), "s.yaml");
  REQUIRE_FALSE(read);
  for (const auto& reason : read.error())
    UNSCOPED_INFO(render(reason));
  REQUIRE(read.error().size() == 1);
  const auto& reason = read.error().front();
  CHECK(reason.kind == runtime::problem_kind::invalid_input);
  CHECK(reason.file == "s.yaml");
  CHECK(reason.line == line);
  CHECK(reason.column > 0);
  CHECK(reason.key == key);
  CHECK(reason.message.find(message) != std::string::npos);
}

} // namespace

TEST_CASE("a schedule says little and means the defaults") {
  const auto of = schedule("cron: 30 2 * * *\n");
  CHECK(of.id == "nightly");
  CHECK(of.workflow == "finance/nightly-portfolio");
  CHECK(of.inputs == nlohmann::json::object());
  CHECK(of.timing == schedule_timing{std::vector{cron("30 2 * * *")}});
  CHECK(of.calendar == exclusion_calendar{});
  CHECK_FALSE(of.from);
  CHECK_FALSE(of.until);
  CHECK(of.jitter == 0s);
  CHECK(of.catch_up == 24h);
  CHECK(of.overlap == overlap_policy::skip);
  CHECK(of.after.empty());
  CHECK(of.after_failure == dependency_policy::skip);
  CHECK(of.pause_on_failures == 0);
  CHECK(of.max_runs == 0);
  CHECK_FALSE(of.is_paused);
  CHECK(std::get<interval_timing>(schedule("every: 2h\n").timing).anchor
        == at("1970-01-01T00:00:00Z"));
}

TEST_CASE("a schedule may say everything") {
  const auto of = schedule(R"(description: At night.
inputs: {project: apollo, batches: 3}
cron: 30 2 * * MON-FRI
zone: Europe/Berlin
calendar:
  on_excluded: defer
  exclude:
  - {days: [MON, 2-FRI], from: "09:00", to: "17:00", zone: America/New_York}
  - dates: [2026-12-24..2026-12-26, 2027-01-01]
from: 2026-01-01T00:00:00Z
until: 2027-01-01T00:00:00+01:00
jitter: 5m
catch_up: 2d
overlap: cancel_other
after: {ids: [load, finance/close], on_failure: wait}
pause_on_failures: 3
max_runs: 100
paused: true
)");
  CHECK(of.description == "At night.");
  CHECK(of.inputs["batches"] == 3);
  CHECK(of.timing
        == schedule_timing{std::vector{cron("30 2 * * 1-5", "Europe/Berlin")}});
  CHECK(of.calendar.policy() == exclusion_policy::defer);
  REQUIRE(of.calendar.windows().size() == 2);
  const auto& peak = of.calendar.windows()[0];
  CHECK(peak.days_of_week == 0b0111110);
  CHECK(peak.from == 9h);
  CHECK(peak.to == 17h);
  CHECK(peak.zone.name() == "America/New_York");
  const auto& holidays = of.calendar.windows()[1];
  CHECK(holidays.days_of_week == 0x7F);
  CHECK(holidays.dates.size() == 2);
  CHECK(holidays.dates[0].last - holidays.dates[0].first == 48h);
  CHECK(holidays.dates[1].last == holidays.dates[1].first);
  CHECK(holidays.zone.name() == "Europe/Berlin");
  CHECK(of.from == at("2026-01-01T00:00:00Z"));
  CHECK(of.until == at("2026-12-31T23:00:00Z"));
  CHECK(of.jitter == 5min);
  CHECK(of.catch_up == 48h);
  CHECK(of.overlap == overlap_policy::cancel_other);
  CHECK(of.after == std::vector<std::string>{"load", "finance/close"});
  CHECK(of.after_failure == dependency_policy::wait);
  CHECK(of.pause_on_failures == 3);
  CHECK(of.max_runs == 100);
  CHECK(of.is_paused);
}

TEST_CASE("a schedule is due in exactly one way") {
  refuses("overlap: skip\n", 1, "", "nothing says when it is due");
  refuses("cron: 0 0 * * *\nevery: 1h\n", 6, "every", "cron and every");
  refuses("every: 1h\nonce: 2026-01-01T00:00:00Z\n", 6, "once",
          "every and once");
  refuses("cron: 0 0 * * *\nanchor: 2026-01-01T00:00:00Z\n", 6, "anchor",
          "anchor without every");
  refuses("every: 1h\nat: '10:00'\n", 6, "at", "at without frequency");
  refuses("every: 1h\nzone: UTC\n", 6, "zone", "a zone that nothing uses");
}

TEST_CASE("what is wrong with a timing is told at its place") {
  refuses("cron: 61 2 * * *\n", 5, "cron", "minute");
  refuses("every: 10ms\n", 5, "every", "");
  refuses("once: tomorrow\n", 5, "once", "not an instant");
  refuses("every: 1h\nanchor: noon\n", 6, "anchor", "not an instant");
  refuses("frequency: dayly\n", 5, "frequency", "dayly");
  refuses("frequency: weekly\n", 5, "frequency", "days are missing");
  refuses("frequency: daily\ndays: [MON]\n", 6, "days",
          "only weekly and monthly");
  refuses("frequency: weekly\ndays: [MON, FRY]\n", 6, "days", "FRY");
  refuses("frequency: monthly\ndays: 32\n", 6, "days", "32");
  refuses("frequency: daily\nat: ['10:00', '9:00']\n", 6, "at[1]",
          "not a time of day");
  refuses("frequency: daily\nat: []\n", 6, "at", "empty");
  refuses("frequency: daily\nat: '24:00'\n", 6, "at", "next day");
  refuses("frequency: hourly\nat: '10:00'\n", 6, "at",
          "not minutes past the hour");
  refuses("frequency: weekly\ndays: ['1 2']\n", 6, "days[0]", "not a day");
  refuses("cron: 0 0 * * *\nzone: Europe/Berln\n", 6, "zone",
          "unknown time zone");
}

TEST_CASE("what is wrong with a calendar is told at its place") {
  const auto with = [](const std::string& calendar) {
    return "every: 1h\ncalendar: " + calendar + "\n";
  };
  refuses(with("{on_excluded: skip}"), 6, "calendar", "exclude");
  refuses(with("{exclude: [{}]}"), 6, "calendar.exclude[0]",
          "without days, dates and times");
  refuses(with("{exclude: [{dates: [2026-02-30]}]}"), 6,
          "calendar.exclude[0].dates[0]", "neither a date nor two");
  refuses(with("{exclude: [{dates: [2026-02-02..2026-02-01]}]}"), 6,
          "calendar.exclude[0].dates[0]", "backwards");
  refuses(with("{exclude: [{days: [5#2]}]}"), 6, "calendar.exclude[0].days",
          "certain weeks");
  refuses(with("{exclude: [{from: '24:00'}]}"), 6, "calendar.exclude[0]",
          "24:00");
  refuses(with("{exclude: [{form: '10:00', to: '11:00'}]}"), 6,
          "calendar.exclude[0].form", "unknown key");
  refuses(with("{exclude: [], on_excluded: later}"), 6, "calendar.on_excluded",
          "later");
}

TEST_CASE("what is wrong with policies is told at its place") {
  refuses("every: 1h\noverlap: buffer\n", 6, "overlap", "buffer");
  refuses("every: 1h\nafter: [nightly]\n", 6, "after[0]", "after itself");
  refuses("every: 1h\nafter: [a, b, a]\n", 6, "after[2]", "named twice");
  refuses("every: 1h\nafter: {on_failure: skip}\n", 6, "after", "ids");
  refuses("every: 1h\nafter: [a//b]\n", 6, "after[0]", "not an id");
  refuses("every: 1h\njitter: 2d\n", 6, "jitter", "not shorter than catch_up");
  refuses("every: 1h\ncatch_up: 1s\n", 6, "catch_up", "");
  refuses("every: 1h\nmax_runs: 0\n", 6, "max_runs", "");
  refuses("every: 1h\npause_on_failures: many\n", 6, "pause_on_failures", "");
  refuses("every: 1h\ninputs: [1]\n", 6, "inputs", "must be a mapping");
  refuses("every: 1h\nfrom: 2027-01-01T00:00:00Z\n"
          "until: 2026-01-01T00:00:00Z\n",
          7, "until", "until is before from");
}

TEST_CASE("all problems of a schedule are told at once, in their order") {
  const auto read = parse_schedule("apiVersion: troupe/v2\nkind: Shedule\n"
                                   "id: a b\nfrequncy: daily\noverlap: x\n",
                                   "s.yaml");
  REQUIRE_FALSE(read);
  auto told = std::string{};
  for (const auto& reason : read.error())
    told += std::to_string(reason.line) + reason.key + " ";
  CHECK(told == "1 1 1apiVersion 2kind 3id 4frequncy 5overlap ");
  CHECK(read.error()[5].hint == "did you mean \"frequency\"?");
  CHECK_FALSE(parse_schedule("", "s.yaml"));
  CHECK_FALSE(parse_schedule("[1]", "s.yaml"));
  CHECK_FALSE(parse_schedule("{", "s.yaml"));
  CHECK(read_schedule("no-such-file.yaml").error().front().kind
        == runtime::problem_kind::not_found);
}

TEST_CASE("every choice has a word") {
  CHECK(runtime::to_word(overlap_words, overlap_policy::allow_all)
        == "allow_all");
  CHECK(runtime::from_word(dependency_words, "run_anyway")
        == dependency_policy::run_anyway);
  CHECK(runtime::from_word(frequency_words, "monthly") == frequency::monthly);
  CHECK(runtime::from_word(exclusion_words, "defer")
        == exclusion_policy::defer);
}

TEST_CASE("any bytes are a schedule or have a problem with a place") {
  const auto example
    = read_file(source_dir() / "tools/examples/nightly-schedule.yaml");
  for (auto seed = std::uint64_t{1}; seed <= 3'000; ++seed) {
    auto from = draws{seed};
    auto text = example;
    for (auto changes = from.between(1, 6); changes > 0; --changes) {
      const auto place = from.below(text.size());
      switch (from.below(3)) {
        case 0:
          text[place] = static_cast<char>(from.below(256));
          break;
        case 1:
          text.erase(place, from.below(20));
          break;
        default:
          text.insert(place, text.substr(from.below(text.size()), 12));
      }
    }
    CAPTURE(seed);
    const auto read = parse_schedule(text, "s.yaml");
    if (read) {
      const auto times = schedule_recurrence{*read};
      const auto due = times.next(at("2026-03-02T00:00:00Z"));
      CHECK((!due || times.previous(*due + 1us) == due));
      continue;
    }
    REQUIRE_FALSE(read.error().empty());
    for (const auto& reason : read.error())
      CHECK((reason.file == "s.yaml" && !reason.message.empty()));
  }
}
