#include "actors/simulation/census_cells.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

const auto header
  = std::vector<std::string>{"employee_id",        "birth_date",
                             "hire_date",          "level_id",
                             "compensation_cents", "deferral_ppm"};

std::vector<std::string_view> right_row() {
  return {"E1", "1980-02-29", "2010-05-01", "3", "9000000", "40000"};
}

} // namespace

TEST_CASE("pay is read to the cent") {
  CHECK(parse_pay("137717.81", pay_unit::units) == 13'771'781);
  CHECK(parse_pay("75000", pay_unit::units) == 7'500'000);
  CHECK(parse_pay("75000.5", pay_unit::units) == 7'500'050);
  CHECK(parse_pay("75000.05", pay_unit::units) == 7'500'005);
  CHECK(parse_pay("75000.0000", pay_unit::units) == 7'500'000);
  CHECK(parse_pay("75000.2500", pay_unit::units) == 7'500'025);
  CHECK(parse_pay("13771781", pay_unit::whole_cents) == 13'771'781);
  for (const auto* text : {"", "-5", "1.", ".5", "1.005", "1e5", "1,000",
                           "1.2.3", "1234567890123", "5 "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_pay(text, pay_unit::units));
  }
  CHECK_FALSE(parse_pay("100.5", pay_unit::whole_cents));
}

TEST_CASE("deferrals are read in each unit") {
  CHECK(parse_deferral("40000", deferral_unit::per_million) == 40'000);
  CHECK(parse_deferral("0.04", deferral_unit::share) == 40'000);
  CHECK(parse_deferral("4.5", deferral_unit::percent) == 45'000);
  CHECK(parse_deferral("100", deferral_unit::percent) == 1'000'000);
  CHECK_FALSE(parse_deferral("1000001", deferral_unit::per_million));
  CHECK_FALSE(parse_deferral("0.04", deferral_unit::per_million));
  CHECK_FALSE(parse_deferral("-0.1", deferral_unit::share));
  CHECK_FALSE(parse_deferral("4.00001", deferral_unit::percent));
  CHECK_FALSE(parse_deferral("", deferral_unit::share));
}

TEST_CASE("each wrong cell is named by its column") {
  auto cells = census_cells::find({}, header, 2024).value();
  auto row = census_row{};
  const auto plain = right_row();
  REQUIRE(cells.read(plain, row) == row_use::staff);
  CHECK(row.id == "E1");
  CHECK(row.level == 3);
  CHECK(row.pay == 9'000'000);
  CHECK(row.deferral == 40'000);
  CHECK_FALSE(row.key);
  const auto refuses = [&](std::size_t column, std::string_view text) {
    auto fields = right_row();
    fields[column] = text;
    CAPTURE(header[column], text);
    CHECK(cells.read(fields, row) == row_use::wrong);
    CHECK(cells.fault().column == header[column]);
    CHECK_FALSE(cells.fault().message.empty());
    CHECK_FALSE(cells.fault().hint.empty());
  };
  const auto long_id = std::string(300, 'x');
  refuses(0, "");
  refuses(0, long_id);
  refuses(1, "1980-02-30");
  refuses(1, "1849-12-31");
  refuses(2, "");
  refuses(2, "2025-01-01");
  refuses(2, "1980-02-29");
  refuses(3, "0");
  refuses(3, "6");
  refuses(3, "257");
  refuses(3, "two");
  refuses(4, "0");
  refuses(4, "-1");
  refuses(4, "100000000001");
  refuses(5, "1000001");
  refuses(5, "");
}

TEST_CASE("columns that are missing are told all at once") {
  const auto found = census_cells::find(
    {}, std::vector<std::string>{"employee_id", "birthdate", "hire_date"},
    2024);
  REQUIRE_FALSE(found);
  REQUIRE(found.error().size() == 4);
  CHECK(found.error()[0].key == "birth_date");
  CHECK(found.error()[0].hint.find("birthdate") != std::string::npos);
}

TEST_CASE("who has left by the end of the year is no staff") {
  auto columns = header;
  columns.emplace_back("employee_termination_date");
  auto cells = census_cells::find({}, columns, 2024).value();
  auto row = census_row{};
  const auto use = [&](std::string_view left) {
    auto fields = right_row();
    fields.push_back(left);
    return cells.read(fields, row);
  };
  CHECK(use("") == row_use::staff);
  CHECK(use("2024-12-31") == row_use::not_staff);
  CHECK(use("2025-01-01") == row_use::staff);
  CHECK(use("soon") == row_use::wrong);
}

TEST_CASE("pay of people hired in the year is annualised") {
  auto mapping = census_mapping{};
  mapping.is_annualised = true;
  mapping.pay_in = pay_unit::units;
  auto cells = census_cells::find(mapping, header, 2023).value();
  auto row = census_row{};
  const auto pay_of = [&](std::string_view hired, std::string_view pay) {
    auto fields = right_row();
    fields[2] = hired;
    fields[4] = pay;
    CHECK(cells.read(fields, row) == row_use::staff);
    return row.pay;
  };
  CHECK(pay_of("2022-07-02", "40000.00") == 4'000'000);
  CHECK(pay_of("2023-01-01", "40000.00") == 4'000'000);
  // 73 days: a fifth of the year.
  CHECK(pay_of("2023-10-20", "10000.01") == 5'000'005);
  // 31 days; 100,000 * 365 / 31 = 1,177,419.35...
  CHECK(pay_of("2023-12-01", "1000") == 1'177'419);
  CHECK(pay_of("2023-12-31", "0.01") == 365);
}

TEST_CASE("a level may follow from the pay") {
  auto mapping = census_mapping{};
  mapping.level.clear();
  mapping.level_pay_from = {100, 200, 300, 400};
  auto cells = census_cells::find(mapping, header, 2024).value();
  auto row = census_row{};
  const auto level_of = [&](std::string_view pay) {
    auto fields = right_row();
    fields[4] = pay;
    CHECK(cells.read(fields, row) == row_use::staff);
    return int{row.level};
  };
  CHECK(level_of("1") == 1);
  CHECK(level_of("99") == 1);
  CHECK(level_of("100") == 2);
  CHECK(level_of("399") == 4);
  CHECK(level_of("400") == 5);
  CHECK(level_of("100000000000") == 5);
}

} // namespace troupe::simulation
