#include "actors/simulation/census_mapping.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::simulation {

namespace {

checked<census_mapping> parse(const std::string& text) {
  return parse_census_mapping(
    runtime::yaml_document::parse(text, "m.yaml").value());
}

const auto right = std::string{"id: i\nbirth: {age: a}\nhire: {date: h}\n"
                               "level: {column: l}\n"
                               "pay: {column: p, unit: cents}\n"};

} // namespace

TEST_CASE("a mapping names columns and how to read them") {
  const auto folder = tests::source_dir() / "tools/examples/simulation";
  const auto read
    = read_census_mapping((folder / "ibm_hr_mapping.yaml").string());
  REQUIRE(read);
  CHECK(read->id == "EmployeeNumber");
  CHECK_FALSE(read->key);
  CHECK(read->birth == "Age");
  CHECK(read->birth_as == birth_form::age);
  CHECK(read->hire_as == hire_form::years);
  CHECK(read->level == "JobLevel");
  CHECK(read->pay_per == pay_period::monthly);
  CHECK_FALSE(read->deferral);
  CHECK_FALSE(read->termination);
  REQUIRE(read->staff);
  CHECK(read->staff->equals == "No");
  const auto gross
    = read_census_mapping((folder / "gross_pay_mapping.yaml").string());
  REQUIRE(gross);
  CHECK(gross->level.empty());
  CHECK(gross->level_pay_from
        == std::vector<cents>{8'100'000, 12'100'000, 16'100'000, 27'500'000});
  CHECK(gross->is_annualised);
  CHECK(gross->deferral_in == deferral_unit::share);
  REQUIRE(gross->termination);
  CHECK(gross->termination->is_needed);
}

TEST_CASE("mistakes of a mapping are told together") {
  const auto read = parse("id: i\nbirth: {age: a, date: b}\nhire: {}\n"
                          "level: {}\npay: {column: p, unit: euros}\n"
                          "staf: {column: x}\n");
  REQUIRE_FALSE(read);
  CHECK(read.error().size() == 5);
  CHECK(std::ranges::all_of(read.error(), [](const runtime::problem& each) {
    return each.line > 0 && each.file == "m.yaml";
  }));
  CHECK(parse("").error().size() == 5);
}

TEST_CASE("a mapping must make sense") {
  CHECK(parse(right));
  CHECK(parse(right + "key: k\nstaff: {column: c, equals: x}\n"));
  const auto refuses = [](const std::string& from, const std::string& to) {
    auto text = right;
    text.replace(text.find(from), from.size(), to);
    CAPTURE(text);
    CHECK_FALSE(parse(text));
  };
  refuses("{column: l}", "{column: l, pay_from: [1, 2, 3, 4]}");
  refuses("{column: l}", "{pay_from: [1, 2, 3]}");
  refuses("{column: l}", "{pay_from: [1, 2, 2, 4]}");
  refuses("{column: l}", "{pay_from: [0, 2, 3, 4]}");
  refuses("unit: cents", "unit: cents, annualise: true, period: monthly");
  refuses("{age: a}", "5");
}

} // namespace troupe::simulation
