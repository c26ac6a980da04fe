#include "actors/scheduler/cron_expression.hpp"
#include "actors/scheduler/cron_fields.hpp"
#include "tests/actors/scheduler/draws.hpp"
#include "tests/actors/scheduler/schedules.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troupe::scheduler;
using namespace troupe::tests;

TEST_CASE("a cron expression has one canonical text") {
  const auto cases = std::vector<std::pair<std::string, std::string>>{
    {"* * * * *", "* * * * *"},
    {"0 * * * * *", "* * * * *"},
    {"  5\t4  * * sun ", "5 4 * * 0"},
    {"*/15 0-23 ? 1-12 ?", "*/15 * * * *"},
    {"0 0 1-31 * *", "0 0 1-31 * *"},
    {"0 0 * * 0-7", "0 0 * * 0-6"},
    {"0 0 * * 5-7", "0 0 * * 0,5,6"},
    {"0 0 * * SAT-SUN", "0 0 * * 0,6"},
    {"0 0 * * fri,MON-wed", "0 0 * * 1-3,5"},
    {"7,3,5,1 10/5 * jan-MAR,12 *", "1-7/2 10-20/5 * 1-3,12 *"},
    {"5/20 * * * *", "5-45/20 * * * *"},
    {"0,30 * * * *", "0,30 * * * *"},
    {"*/30 */12 * * *", "0,30 0,12 * * *"},
    {"*/60 * * * *", "0 * * * *"},
    {"1-5/10 * * * *", "1 * * * *"},
    {"10-16,15 * * * *", "10-16 * * * *"},
    {"0 0 l,15,1 * *", "0 0 1,15,L * *"},
    {"0 0 lw,15w,1W * *", "0 0 1W,15W,LW * *"},
    {"0 0 * * 7#2,5l,friL", "0 0 * * 0#2,5L"},
    {"0 0 * * MON#1,MON#3,2", "0 0 * * 2,1#1,1#3"},
    {"0 0 */2 * */2", "0 0 */2 * */2"},
    {"30 0 0 1 1 *", "30 0 0 1 1 *"},
    {"*/10 * * * * *", "*/10 * * * * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {" @Daily ", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@HOURLY", "0 * * * *"},
  };
  for (const auto& [given, canonical] : cases) {
    CAPTURE(given);
    CHECK(to_string(expression(given)) == canonical);
    CHECK(expression(canonical) == expression(given));
  }
}

TEST_CASE("an error names field, text, place and what to write") {
  struct refused {
    std::string text;
    std::string message;
    std::string key;
    std::size_t column;
    std::string hint;
  };
  const auto cases = std::vector<refused>{
    {"61 * * * *", "minute \"61\": not in 0 to 59", "minute", 1,
     "write 0 to 59"},
    {"0 1,2,24 * * *", "hour \"24\": not in 0 to 23", "hour", 7,
     "write 0 to 23"},
    {"0 0 0 * *", "day-of-month \"0\": not in 1 to 31", "day-of-month", 5,
     "write 1 to 31"},
    {"60 0 0 * * *", "second \"60\": not in 0 to 59", "second", 1,
     "write 0 to 59"},
    {"0 0 * FEBRUARY *", "month \"FEBRUARY\": not a value", "month", 7,
     "write FEB"},
    {"0 0 * * 8", "day-of-week \"8\": not in 0 to 7", "day-of-week", 9,
     "write 0 to 7 (Sunday is 0 and 7) or SUN to SAT"},
    {"0 22-2 * * *", "hour \"22-2\": the range runs backwards", "hour", 3,
     "to go on beyond the end, write 22-23,0-2"},
    {"0 0 * * FRI-MON", "day-of-week \"FRI-MON\": the range runs backwards",
     "day-of-week", 9, "to go on beyond the end, write 5-6,0-1"},
    {"*/90 * * * *", "minute \"*/90\": the step is not in 1 to 60", "minute", 1,
     "leave the step to a larger field, or use \"every\" instead of cron"},
    {"*/x * * * *", "minute \"*/x\": the step is not a number", "minute", 1,
     "write for example */15 or 10-50/20"},
    {"0 0 * * L", "day-of-week \"L\": not a value", "day-of-week", 9,
     "for the last Friday of the month, write 5L; for Saturday, SAT"},
    {"0 0 L-3 * *", "day-of-month \"L\": not a value", "day-of-month", 5,
     "write 1 to 31, L (last day), 15W (weekday nearest to the 15th) or LW "
     "(last weekday)"},
    {"0 0 * * 5#0", "day-of-week \"5#0\": the number after # is not in 1 to 5",
     "day-of-week", 9,
     "the second Friday of the month is 5#2, the last one 5L"},
    {"1,,2 * * * *", "minute \"\": a value is missing", "minute", 3,
     "remove the comma too many"},
    {"*,5 * * * *", "minute \"*\": cannot stand in a list", "minute", 1,
     "write it alone: it means any value"},
    {"* * * *", "cron expression \"* * * *\": 4 fields instead of 5 or 6", "",
     0,
     "minute hour day-of-month month day-of-week, with the second first if "
     "there are 6"},
    {"0 0 0 * * * 2026",
     "cron expression \"0 0 0 * * * 2026\": 7 fields instead of 5 or 6", "", 0,
     "years are not supported: leave the seventh field out"},
    {"@dayly", "unknown cron macro \"@dayly\"", "", 0,
     "did you mean \"@daily\"?"},
    {"@every 5m", "unknown cron macro \"@every 5m\"", "", 0,
     "an interval is no cron expression: use \"every\""},
    {" ", "the cron expression is empty", "", 0,
     "write for example \"30 2 * * *\" or @daily"},
    {"\x01\xff * * * *", "minute \"??\": not a value", "minute", 1,
     "write 0 to 59"},
  };
  for (const auto& wrong : cases) {
    CAPTURE(wrong.text);
    const auto parsed = parse_cron(wrong.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message == wrong.message);
    CHECK(parsed.error().key == wrong.key);
    CHECK(parsed.error().column == wrong.column);
    CHECK(parsed.error().hint == wrong.hint);
  }
}

TEST_CASE("a text that is too long is refused before it is read") {
  auto text = std::string{"0"};
  while (text.size() <= cron_text_bytes_max)
    text += ",0";
  text += " * * * *";
  const auto parsed = parse_cron(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().hint == "at most 1024");
  CHECK(parsed.error().message.size() < 100);
}

TEST_CASE("a fixed time is one value each of second, minute and hour") {
  for (const auto* fixed : {"30 2 * * *", "0 30 2 1 * *", "30 2-2 * * 1-5",
                            "*/60 3 * * *", "5,5 4 * * *"})
    CHECK(expression(fixed).is_fixed_time());
  for (const auto* other : {"30 * * * *", "0,30 2 * * *", "30 2,3 * * *",
                            "* 30 2 * * *", "*/15 2 * * *"})
    CHECK_FALSE(expression(other).is_fixed_time());
}

TEST_CASE("any bytes are refused or have a canonical text") {
  // Such bytes as get far into the reader, and any others now and then.
  constexpr auto likely = std::string_view{"0123456789*,-/#LW? @MONJAFRIlw \t"};
  auto random = draws{2026};
  auto accepted = std::size_t{0};
  for (auto round = 0; round < 200'000; ++round) {
    auto text = std::string{};
    const auto length = random.below(24);
    for (auto i = std::uint64_t{0}; i < length; ++i)
      text += random.below(50) == 0 ? static_cast<char>(random.below(256))
                                    : likely[random.below(likely.size())];
    if (random.below(2) == 0)
      text += " * * * *";
    const auto parsed = parse_cron(text);
    if (!parsed) {
      REQUIRE_FALSE(parsed.error().message.empty());
      REQUIRE(parsed.error().message.size() < 200);
      continue;
    }
    ++accepted;
    const auto canonical = to_string(*parsed);
    CAPTURE(text, canonical);
    REQUIRE(expression(canonical) == *parsed);
    REQUIRE(to_string(expression(canonical)) == canonical);
  }
  CHECK(accepted > 1'000);
}
