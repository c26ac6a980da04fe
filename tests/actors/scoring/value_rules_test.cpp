#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/value_rules.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace troupe::scoring {

namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();

planned_criterion plain() {
  return {};
}

planned_criterion mapped() {
  auto planned = planned_criterion{};
  planned.definition.mapping.emplace();
  (*planned.definition.mapping)["High"] = 0.75;
  (*planned.definition.mapping)["None"] = 0.0;
  (*planned.definition.mapping)[""] = 0.4;
  return planned;
}

raw_value text(std::string_view value) {
  return {raw_value::kind::text, 0.0, value};
}

raw_value cell(std::string_view value) {
  return {raw_value::kind::cell, 0.0, value};
}

raw_value number(double value) {
  return {raw_value::kind::number, value, {}};
}

double apply(const planned_criterion& planned, rule_set rules,
             const raw_value& value, derivation what = derivation::none) {
  const auto as_of = parse_instant("2020-01-11T00:00:00Z");
  return reading_rule{planned, rules, what, as_of}.apply(value);
}

} // namespace

TEST_CASE("texts are numbers where Python's float reads them") {
  const auto cases = std::vector<std::pair<std::string_view, double>>{
    {"12500.50", 12500.5},
    {" 5 ", 5.0},
    {"\t-5\n", -5.0},
    {"1_000", 1000.0},
    {"1_0.0_1e1_0", 10.01e10},
    {"+1e3", 1000.0},
    {".5", 0.5},
    {"5.", 5.0},
    {"00012", 12.0},
    {"1E-2", 0.01},
    {"inf", infinity},
    {"-Infinity", -infinity},
    {"1e400", infinity},
    {"-1e400", -infinity},
    {"1e99999999999999999999", infinity},
    {"0e99999999999999999999", 0.0},
    {"1e-400", 0.0},
    {"0.000e5", 0.0},
    {"5e-324", 5e-324},
    {"\xC2\xA0"
     "7\xE2\x80\x83",
     7.0},
  };
  for (const auto& [given, expected] : cases) {
    CAPTURE(given);
    const auto parsed = parse_python_float(given);
    REQUIRE(parsed);
    CHECK(*parsed == expected);
  }
  CHECK(std::isnan(parse_python_float("nan").value()));
  CHECK(std::isnan(parse_python_float("-NaN").value()));
  CHECK(std::signbit(parse_python_float("-0").value()));
}

TEST_CASE("texts are no numbers where Python's float refuses them") {
  for (std::string_view given :
       {"",      " ",   "abc",   "1__0", "_1",    "1_",  "1_.5", "1._5",
        "1e_5",  "1e",  "e5",    ".",    "+",     "-",   "+-1",  "0x10",
        "1 000", "1,5", "infin", "nano", "1e5.0", "12a", "--1"}) {
    CAPTURE(given);
    CHECK_FALSE(parse_python_float(given));
  }
  CHECK_FALSE(parse_python_float(std::string_view{"5\0", 2}));
}

TEST_CASE("under compat a mapped text is in the mapping or 0") {
  const auto rules = rule_set::compat;
  CHECK(apply(mapped(), rules, text("High")) == 0.75);
  CHECK(apply(mapped(), rules, text("high")) == 0.0);
  CHECK(apply(mapped(), rules, text("")) == 0.4);
  CHECK(apply(mapped(), rules, text("12")) == 0.0);
  CHECK(apply(mapped(), rules, number(12.0)) == 12.0);
  CHECK(apply(mapped(), rules, {}) == 0.0);
}

TEST_CASE("under compat what is not a number is 0") {
  const auto rules = rule_set::compat;
  CHECK(apply(plain(), rules, text(" 1_000 ")) == 1000.0);
  CHECK(apply(plain(), rules, text("many")) == 0.0);
  CHECK(apply(plain(), rules, text("inf")) == infinity);
  CHECK(std::isnan(apply(plain(), rules, text("nan"))));
  CHECK(apply(plain(), rules, {raw_value::kind::boolean, 1.0, {}}) == 1.0);
  CHECK(apply(plain(), rules, {raw_value::kind::null, 0.0, {}}) == 0.0);
  CHECK(apply(plain(), rules, {raw_value::kind::list, 3.0, {}}) == 0.0);
  CHECK(apply(plain(), rules, {raw_value::kind::object, 0.0, {}}) == 0.0);
}

TEST_CASE("under the standard rules what is not a finite number is missing") {
  const auto rules = rule_set::standard;
  CHECK(apply(plain(), rules, text("12.5")) == 12.5);
  CHECK(apply(mapped(), rules, text("12.5")) == 12.5);
  CHECK(apply(mapped(), rules, text("None")) == 0.0);
  for (const auto& value :
       {raw_value{}, text("many"), text("inf"), text("nan"), number(infinity),
        raw_value{raw_value::kind::null, 0.0, {}},
        raw_value{raw_value::kind::list, 3.0, {}}})
    CHECK(std::isnan(apply(plain(), rules, value)));
  CHECK(std::isnan(apply(mapped(), rules, text("Unheard of"))));
}

TEST_CASE("a cell goes through the mapping and then counts as a number") {
  for (auto rules : {rule_set::compat, rule_set::standard}) {
    CHECK(apply(mapped(), rules, cell("High")) == 0.75);
    CHECK(apply(mapped(), rules, cell("12")) == 12.0);
  }
}

TEST_CASE("zero has one sign, so that equal values have equal bytes") {
  CHECK_FALSE(std::signbit(apply(plain(), rule_set::compat, text("-0.0"))));
  CHECK_FALSE(std::signbit(apply(plain(), rule_set::standard, number(-0.0))));
}

TEST_CASE("dates are read in every ISO 8601 form of the trackers") {
  const auto base = parse_instant("2012-12-06T10:21:53Z");
  REQUIRE(base);
  for (std::string_view same :
       {"2012-12-06T10:21:53.000+0000", "2012-12-06T10:21:53",
        "2012-12-06 10:21:53", "2012-12-06T12:21:53+02:00",
        "2012-12-06T05:21:53-05", " 2012-12-06T10:21:53.0000009Z "}) {
    CAPTURE(same);
    CHECK(parse_instant(same) == base);
  }
  CHECK(parse_instant("2014-03-14") == parse_instant("2014-03-14T00:00Z"));
  CHECK(*parse_instant("2020-02-29") - *parse_instant("2020-02-28")
        == std::chrono::days{1});
  CHECK(*parse_instant("1970-01-01T00:00:00.25Z") - instant{}
        == std::chrono::milliseconds{250});
}

TEST_CASE("what is not a date is refused") {
  for (std::string_view given :
       {"", "2014", "2014-3-14", "2014-02-30", "2015-02-29", "0000-01-01",
        "2014-13-01", "2014-01-01T", "2014-01-01T24:00", "2014-01-01T10:60",
        "2014-01-01T10:00:61", "2014-01-01T10:00:00.", "2014-01-01T10:00X",
        "2014-01-01T10:00+", "2014-01-01T10:00+1", "2014-01-01T10:00+0160",
        "2014-01-01T10:00Zx", "20140101", "yesterday"}) {
    CAPTURE(given);
    CHECK_FALSE(parse_instant(given));
  }
}

TEST_CASE("an age is counted in days from the instant that was given") {
  const auto rules = rule_set::standard;
  const auto age = derivation::age_days;
  CHECK(apply(plain(), rules, text("2020-01-01"), age) == 10.0);
  CHECK(apply(plain(), rules, text("2020-01-10T12:00:00Z"), age) == 0.5);
  CHECK(apply(plain(), rules, text("2020-01-12"), age) == -1.0);
  CHECK(apply(plain(), rules, text("2020-01-21"), derivation::days_until)
        == 10.0);
  CHECK(std::isnan(apply(plain(), rules, text("soon"), age)));
  CHECK(std::isnan(apply(plain(), rules, number(5.0), age)));
  CHECK(apply(plain(), rule_set::compat, text("soon"), age) == 0.0);
}

TEST_CASE("a length counts elements or code points") {
  const auto length = derivation::length;
  CHECK(
    apply(plain(), rule_set::standard, {raw_value::kind::list, 3.0, {}}, length)
    == 3.0);
  CHECK(apply(plain(), rule_set::standard, text("a\xC3\xA4"), length) == 2.0);
  CHECK(std::isnan(apply(plain(), rule_set::standard, {}, length)));
}

TEST_CASE("a source is a key, a dotted path, a pointer or a function") {
  using keys = std::vector<std::string>;
  CHECK(parse_source("story_points")->paths.front().keys
        == keys{"story_points"});
  CHECK(parse_source("custom_fields.x")->paths.front().keys
        == keys{"custom_fields", "x"});
  CHECK(parse_source("/a~1b/m~0n/0")->paths.front().keys
        == keys{"a/b", "m~n", "0"});
  CHECK_FALSE(parse_source("/a/b")->paths.front().is_dotted());
  CHECK(parse_source("a.b")->paths.front().is_dotted());
  const auto age = parse_source(" age_days( created ) ");
  REQUIRE(age);
  CHECK(age->what == derivation::age_days);
  CHECK(age->paths.front().spelling == "created");
  const auto joined = parse_source("join(project, number)");
  REQUIRE(joined);
  CHECK(joined->paths.size() == 2);
}

TEST_CASE("a source that means nothing is refused with the reason") {
  for (std::string_view given : {"", " ", "a..b", ".a", "a.", "age(created)",
                                 "age_days()", "/a~2b", "(x)", "join(a,)"}) {
    CAPTURE(given);
    const auto parsed = parse_source(given);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == runtime::problem_kind::invalid_input);
    CHECK_FALSE(parsed.error().message.empty());
  }
  CHECK_FALSE(parse_source(std::string(2'000, 'a')));
  CHECK_FALSE(parse_source("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"));
}

} // namespace troupe::scoring
