#include "actors/simulation/census_file.hpp"
#include "actors/simulation/census_generator.hpp"
#include "actors/simulation/date_text.hpp"
#include "runtime/config/problem_order.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <span>

namespace troupe::simulation {

namespace {

census_options of_2024() {
  auto options = census_options{};
  options.year = 2024;
  return options;
}

const auto columns
  = std::string{"employee_id,birth_date,hire_date,level_id,compensation_cents,"
                "deferral_ppm\n"};

checked<census> read_text(const std::string& rows, census_options options) {
  const auto folder = tests::temporary_folder{};
  return read_census(folder.write("c.csv", columns + rows).string(), options);
}

day_number day(std::string_view text) {
  return day_of(parse_date(text).value());
}

} // namespace

TEST_CASE("the golden census is read whole") {
  const auto read
    = read_census(tests::golden("simulation/census.csv").string(), of_2024());
  REQUIRE(read);
  CHECK(read->rows == 200);
  REQUIRE(read->staff.size() == 200);
  CHECK(read->ids[0] == "EMP_0000001");
  CHECK(read->staff.key[199] == 200);
  CHECK(read->staff.birth_date[0] == day("1982-03-23"));
  CHECK(read->staff.hire_date[0] == day("2020-03-06"));
  CHECK(read->staff.level[0] == 3);
  CHECK(read->staff.pay[0] == 13'771'581);
  CHECK(read->staff.deferral[0] == 40'000);
  CHECK(read->staff.plan[0] == enrollment::enrolled);
  CHECK(read->staff.plan[3] == enrollment::none);
  CHECK(read->warnings.empty());
  CHECK(read->dropped == 0);
}

TEST_CASE("wrong rows are refused with file, line and column") {
  const auto read = read_text("a,1980-01-01,2010-01-01,1,100,0\n"
                              "\"b\nb\",1980-01-01,2010-01-01,1,100,0\n"
                              "c,1980-01-01,2010-01-01,9,100,0\n"
                              "d,1980-13-01,2010-01-01,1,100,0\n",
                              of_2024());
  REQUIRE_FALSE(read);
  REQUIRE(read.error().size() == 2);
  CHECK(read.error()[0].file.ends_with("c.csv"));
  CHECK(read.error()[0].line == 5);
  CHECK(read.error()[0].key == "level_id");
  CHECK(read.error()[1].line == 6);
  CHECK(read.error()[1].key == "birth_date");
}

TEST_CASE("wrong rows may be dropped, counted and warned about") {
  auto options = of_2024();
  options.bad_rows = bad_row_policy::drop;
  auto rows = std::string{"a,1980-01-01,2010-01-01,1,100,0\n"};
  for (auto i = 0; i < 1500; ++i)
    rows += "x,1980-01-01,2010-01-01,1,0,0\n";
  const auto read = read_text(rows, options);
  REQUIRE(read);
  CHECK(read->staff.size() == 1);
  CHECK(read->rows == 1501);
  CHECK(read->dropped == 1500);
  REQUIRE(read->warnings.size() == census_warnings_max);
  CHECK(read->warnings[0].line == 3);
  CHECK(read->warnings[0].column == "compensation_cents");
  const auto torn = read_text("a,1980-01-01,2010-01-01,1,100\n", options);
  REQUIRE_FALSE(torn);
  CHECK(torn.error()[0].line == 2);
}

TEST_CASE("of very many mistakes some are told") {
  auto rows = std::string{};
  for (auto i = 0; i < 1000; ++i)
    rows += "x,1980-01-01,2010-01-01,1,0,0\n";
  const auto read = read_text(rows, of_2024());
  REQUIRE_FALSE(read);
  CHECK(read.error().size() == runtime::problems_told_max);
}

TEST_CASE("without a column of keys they follow from the ids") {
  const auto read = read_text("b,1980-01-01,2010-01-01,1,100,0\n"
                              "a,1981-01-01,2010-01-01,1,100,0\n",
                              of_2024());
  REQUIRE(read);
  for (auto i = std::size_t{0}; i < 2; ++i)
    CHECK(read->staff.key[i] == derive_key(read->ids[i]));
}

TEST_CASE("files that are no census are refused") {
  const auto folder = tests::temporary_folder{};
  CHECK(read_census((folder / "none.csv").string(), of_2024()).error()[0].kind
        == runtime::problem_kind::not_found);
  CHECK_FALSE(read_census(folder.write("e.csv", "").string(), of_2024()));
  CHECK_FALSE(read_text("", of_2024()));
  const auto other
    = read_census(folder.write("o.csv", "a,b\n1,2\n").string(), of_2024());
  REQUIRE_FALSE(other);
  CHECK(other.error().size() == 6);
  CHECK(other.error()[0].file.ends_with("o.csv"));
  CHECK(other.error()[0].line == 1);
}

TEST_CASE("a foreign census is read by a mapping") {
  const auto folder = tests::shared_data();
  if (folder.empty()) {
    WARN("no shared data beside the checkout");
    return;
  }
  auto options = of_2024();
  options.mapping
    = read_census_mapping(
        (tests::source_dir() / "tools/examples/simulation/ibm_hr_mapping.yaml")
          .string())
        .value();
  const auto read = read_census(
    (folder / "workforce/ibm_hr_attrition.csv").string(), options);
  if (!read)
    FAIL(runtime::render(read.error().front()));
  CHECK(read->rows == 1470);
  CHECK(read->not_staff == 237);
  REQUIRE(read->staff.size() == 1233);
  CHECK(read->warnings.size() == 2);
  // EmployeeNumber 2: 49 years old, 10 of them there, level 2, 5130 a month.
  auto found = false;
  for (auto i = std::size_t{0}; i < read->staff.size(); ++i) {
    if (read->ids[i] != "2")
      continue;
    found = true;
    CHECK(read->staff.birth_date[i] == day("1975-01-01"));
    CHECK(read->staff.hire_date[i] == day("2014-01-01"));
    CHECK(read->staff.level[i] == 2);
    CHECK(read->staff.pay[i] == 5'130 * 12 * 100);
  }
  CHECK(found);
}

TEST_CASE("a census of gross pay is annualised and levelled") {
  auto options = of_2024();
  options.mapping
    = read_census_mapping((tests::source_dir()
                           / "tools/examples/simulation/gross_pay_mapping.yaml")
                            .string())
        .value();
  const auto folder = tests::temporary_folder{};
  const auto read = read_census(
    folder
      .write("g.csv", "employee_id,employee_birth_date,employee_hire_date,"
                      "employee_termination_date,employee_gross_compensation,"
                      "employee_deferral_rate\n"
                      "E1,1980-01-01,2010-01-01,,125000.5,0.06\n"
                      "E2,1980-01-01,2010-01-01,2024-03-01,125000.5,0.06\n"
                      "E3,1990-01-01,2024-12-02,,6000,0\n")
      .string(),
    options);
  REQUIRE(read);
  CHECK(read->not_staff == 1);
  REQUIRE(read->staff.size() == 2);
  const auto first = read->ids[0] == "E1" ? std::size_t{0} : std::size_t{1};
  CHECK(read->staff.pay[first] == 12'500'050);
  CHECK(read->staff.level[first] == 3);
  CHECK(read->staff.deferral[first] == 60'000);
  // 30 days of 365: 73,000 a year.
  CHECK(read->staff.pay[1 - first] == 7'300'000);
  CHECK(read->staff.level[1 - first] == 1);
}

TEST_CASE("random changes to a census never crash the reader") {
  auto random = std::mt19937_64{20250609};
  const auto pick = [&](std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
  };
  const auto source = tests::read_file(tests::golden("simulation/census.csv"));
  auto options = of_2024();
  options.bad_rows = bad_row_policy::drop;
  options.duplicates = duplicate_policy::keep_latest;
  auto accepted = 0;
  for (auto round = 0; round < 500; ++round) {
    auto text = source;
    for (auto edits = pick(4) + 1; edits > 0; --edits)
      text[100 + pick(text.size() - 100)] = "\n,\"-09a\xff"[pick(8)];
    auto at = std::size_t{0};
    const auto read = read_census(
      [&](std::span<char> to) -> runtime::outcome<std::size_t> {
        const auto size = std::min({to.size(), text.size() - at, pick(99) + 1});
        std::copy_n(text.data() + at, size, to.data());
        at += size;
        return size;
      },
      "fuzz", options);
    if (!read) {
      REQUIRE_FALSE(read.error().empty());
      continue;
    }
    ++accepted;
    REQUIRE(read->staff.size() + read->dropped + read->not_staff
              + read->duplicates.size()
            == read->rows);
    REQUIRE(std::ranges::is_sorted(read->staff.key));
  }
  CHECK(accepted > 0);
}

TEST_CASE("a made-up census is read whole") {
  const auto maker = census_generator{3, 2025};
  auto text = census_generator::header();
  for (auto i = std::uint64_t{0}; i < 10'000; ++i)
    maker.append(i, text);
  const auto folder = tests::temporary_folder{};
  const auto read
    = read_census(folder.write("m.csv", text).string(), of_2024());
  REQUIRE(read);
  CHECK(read->staff.size() == 10'000);
}

} // namespace troupe::simulation
