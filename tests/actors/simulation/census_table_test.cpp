#include "actors/simulation/census_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

namespace troupe::simulation {

namespace {

census_row person(std::string_view id, std::optional<std::uint64_t> key,
                  std::uint64_t line, day_number hired = 100,
                  cents pay = 5'000'000) {
  return {id, key, 10, hired, pay, 0, 2, line};
}

census_table table_of(const std::vector<census_row>& rows) {
  auto table = census_table{"c.csv", "id", "key"};
  for (const auto& row : rows)
    REQUIRE(table.add(row));
  return table;
}

} // namespace

TEST_CASE(
  "people are sorted by key with their ids, in whatever order they came") {
  auto rows = std::vector<census_row>{};
  auto ids = std::vector<std::string>{};
  for (auto i = 0; i < 500; ++i)
    ids.push_back("E" + std::to_string(i * 7919 % 1000));
  for (auto i = std::size_t{0}; i < ids.size(); ++i)
    rows.push_back(
      person(ids[i], 10'000 - i * 3, i, 100, static_cast<cents>(i + 1)));
  const auto whole = table_of(rows).finish(duplicate_policy::refuse).value();
  std::ranges::shuffle(rows, std::mt19937_64{7});
  const auto mixed = table_of(rows).finish(duplicate_policy::refuse).value();
  CHECK(std::ranges::is_sorted(whole.staff.key));
  CHECK(whole.staff.key == mixed.staff.key);
  CHECK(whole.staff.pay == mixed.staff.pay);
  CHECK(whole.ids.characters == mixed.ids.characters);
  REQUIRE(whole.ids.size() == 500);
  CHECK(whole.ids[0] == ids[499]);
  CHECK(whole.staff.pay[0] == 500);
}

TEST_CASE("whoever defers pay is enrolled") {
  auto saver = person("a", 1, 2);
  saver.deferral = 1;
  const auto read = table_of({saver, person("b", 2, 3)})
                      .finish(duplicate_policy::refuse)
                      .value();
  CHECK(read.staff.plan[0] == enrollment::enrolled);
  CHECK(read.staff.plan[1] == enrollment::none);
}

TEST_CASE("two rows of one person are refused with both lines") {
  const auto read = table_of({person("a", 1, 2), person("b", 2, 3),
                              person("a", 3, 4), person("a", 4, 5)})
                      .finish(duplicate_policy::refuse);
  REQUIRE_FALSE(read);
  REQUIRE(read.error().size() == 2);
  for (auto i = std::size_t{0}; i < 2; ++i) {
    const auto& wrong = read.error()[i];
    CHECK(wrong.file == "c.csv");
    CHECK(wrong.line == 4 + i);
    CHECK(wrong.key == "id");
    CHECK(wrong.hint.find("line 2") != std::string::npos);
  }
}

TEST_CASE(
  "of two rows of one person the latest hire, then the highest pay stays") {
  const auto read
    = table_of({person("a", 1, 2, 100, 50), person("a", 2, 3, 200, 10),
                person("a", 3, 4, 200, 20), person("a", 4, 5, 200, 20),
                person("b", 5, 6)})
        .finish(duplicate_policy::keep_latest)
        .value();
  REQUIRE(read.staff.size() == 2);
  CHECK(read.staff.key[0] == 3);
  REQUIRE(read.duplicates.size() == 3);
  const auto& rows = read.duplicates;
  CHECK(rows[0].dropped_line == 2);
  CHECK(rows[0].reason.find("earlier") != std::string::npos);
  CHECK(rows[1].dropped_line == 3);
  CHECK(rows[1].kept_line == 4);
  CHECK(rows[1].reason.find("lower pay") != std::string::npos);
  CHECK(rows[2].dropped_line == 5);
  CHECK(rows[2].reason.find("same") != std::string::npos);
}

TEST_CASE("two people with one key are both named") {
  const auto read = table_of({person("a", 7, 2), person("b", 7, 3)})
                      .finish(duplicate_policy::keep_latest);
  REQUIRE_FALSE(read);
  REQUIRE(read.error().size() == 1);
  CHECK(read.error()[0].message.find("\"a\"") != std::string::npos);
  CHECK(read.error()[0].message.find("\"b\"") != std::string::npos);
  CHECK(read.error()[0].line == 3);
  CHECK(read.error()[0].key == "key");
}

TEST_CASE("derived keys are stable and stay below those of hires") {
  auto keys = std::set<std::uint64_t>{};
  for (auto i = 0; i < 100'000; ++i) {
    const auto key = derive_key("EMP_" + std::to_string(i));
    REQUIRE(key < census_key_end);
    keys.insert(key);
  }
  CHECK(keys.size() == 100'000);
  // Changes of this number change the results of all such censuses.
  CHECK(derive_key("EMP_0000001") == 2'036'106'520'320);
  CHECK(census_key_end < std::uint64_t{1900} << 32U);
}

TEST_CASE("many rows of one person take no longer than many people") {
  auto table = census_table{"c.csv", "id", "key"};
  for (auto i = std::uint64_t{0}; i < 200'000; ++i)
    REQUIRE(table.add(person("same", i, i, static_cast<day_number>(i))));
  const auto read
    = std::move(table).finish(duplicate_policy::keep_latest).value();
  REQUIRE(read.staff.size() == 1);
  CHECK(read.staff.hire_date[0] == 199'999);
  CHECK(read.duplicates.size() == 199'999);
}

TEST_CASE("a census of nobody is refused") {
  const auto read
    = census_table{"c.csv", "id", ""}.finish(duplicate_policy::refuse);
  REQUIRE_FALSE(read);
  CHECK(read.error().at(0).file == "c.csv");
}

} // namespace troupe::simulation
