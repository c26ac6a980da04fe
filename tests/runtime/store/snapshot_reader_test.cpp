#include "runtime/store/snapshot_reader.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/runtime/store/store_place.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

struct fixture {
  store_place place{GENERATE(store_kind::sqlite, store_kind::postgres)};
  std::string path = place.path();
  std::optional<store_writer> writer = open_writer(path);

  void insert(std::int64_t number) {
    const auto request = number_request({number});
    REQUIRE(writer->commit({&request, 1}).front());
  }

  static std::int64_t count(snapshot_reader& reader) {
    auto found = std::int64_t{-1};
    REQUIRE(
      reader.query("SELECT count(*) FROM number", {},
                   [&](const sqlite_row& row) { found = row.integer(0); }));
    return found;
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a reader sees each commit while the writer works") {
  auto reader = snapshot_reader::open(path).value();
  CHECK(count(reader) == 0);
  insert(1);
  CHECK(count(reader) == 1);
}

TEST_CASE_METHOD(fixture, "a snapshot stays as it was") {
  auto reader = snapshot_reader::open(path).value();
  insert(1);
  REQUIRE(reader.begin_snapshot());
  insert(2);
  CHECK(count(reader) == 1);
  REQUIRE(reader.begin_snapshot());
  CHECK(count(reader) == 2);
  insert(3);
  reader.end_snapshot();
  CHECK(count(reader) == 3);
}

TEST_CASE_METHOD(fixture, "a query takes parameters and names its columns") {
  insert(4);
  insert(5);
  auto reader = snapshot_reader::open(path).value();
  const auto parameters = std::vector<sql_value>{std::int64_t{4}};
  auto found = std::vector<std::int64_t>{};
  REQUIRE(reader.query("SELECT value AS v FROM number WHERE value > ?1",
                       parameters, [&](const sqlite_row& row) {
                         CHECK(row.name(0) == "v");
                         found.push_back(row.integer(0));
                       }));
  CHECK(found == std::vector<std::int64_t>{5});
  CHECK_FALSE(reader.query("SELECT value FROM number WHERE value > ?1", {},
                           [](const sqlite_row&) {}));
}

TEST_CASE_METHOD(fixture, "a query that takes too long is ended") {
  const auto patience = read_patience{std::chrono::milliseconds{50}};
  auto reader = snapshot_reader::open(path, patience).value();
  const auto slow = reader.query(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < "
    "1000000000) SELECT count(*) FROM n",
    {}, [](const sqlite_row&) {});
  REQUIRE_FALSE(slow);
  CHECK(slow.error().kind == problem_kind::timeout);
  CHECK(slow.error().hint
        == "the database is busy: try again later, or ask for less");
  CHECK(count(reader) == 0); // The next one has time of its own.
}

TEST_CASE_METHOD(fixture, "a reader knows which tables there are") {
  auto reader = snapshot_reader::open(path).value();
  CHECK(reader.has_table("number").value());
  CHECK_FALSE(reader.has_table("absent").value());
}

TEST_CASE_METHOD(fixture, "values of all types read as SQLite reads them") {
  auto reader = snapshot_reader::open(path).value();
  auto found = std::vector<sql_value>{};
  auto texts = std::vector<std::string>{};
  auto integers = std::vector<std::int64_t>{};
  auto reals = std::vector<double>{};
  const auto blob = std::vector<std::uint8_t>{0, 255};
  const auto parameters = std::vector<sql_value>{
    std::int64_t{-5}, 0.25, std::string{"7x"}, blob, sql_value{}};
  REQUIRE(reader.query(
    "SELECT ?1, ?2, ?3, ?4, CAST(?5 AS TEXT), 1.5, sum(?1), avg(?2), count(*)",
    parameters, [&](const sqlite_row& row) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        found.push_back(row.value(i));
        texts.emplace_back(row.text(i));
        integers.push_back(row.integer(i));
        reals.push_back(row.real(i));
      }
      CHECK(row.is_null(4));
      CHECK(row.blob(3).size() == 2);
    }));
  const auto i = [](std::int64_t value) { return sql_value{value}; };
  CHECK(found
        == std::vector<sql_value>{
          i(-5), sql_value{0.25}, sql_value{std::string{"7x"}}, blob,
          sql_value{}, sql_value{1.5}, i(-5), sql_value{0.25}, i(1)});
  texts[3].clear(); // No text.
  CHECK(texts
        == std::vector<std::string>{"-5", "0.25", "7x", "", "", "1.5", "-5",
                                    "0.25", "1"});
  CHECK(integers == std::vector<std::int64_t>{-5, 0, 7, 0, 0, 1, -5, 0, 1});
  CHECK(reals == std::vector<double>{-5, 0.25, 7, 0, 0, 1.5, -5, 0.25, 1});
}

TEST_CASE_METHOD(fixture, "a query may ask the next one for each row") {
  for (const auto number : {1, 2, 3})
    insert(number);
  auto reader = snapshot_reader::open(path).value();
  auto sums = std::vector<std::int64_t>{};
  REQUIRE(reader.query(
    "SELECT value FROM number ORDER BY value", {}, [&](const sqlite_row& row) {
      const auto parameters = std::vector<sql_value>{row.integer(0)};
      REQUIRE(reader.query("SELECT sum(value) FROM number WHERE value <= ?1",
                           parameters, [&](const sqlite_row& inner) {
                             sums.push_back(inner.integer(0));
                           }));
    }));
  CHECK(sums == std::vector<std::int64_t>{1, 3, 6});
}

TEST_CASE_METHOD(fixture, "a reader cannot write") {
  auto reader = snapshot_reader::open(path).value();
  CHECK_FALSE(reader.query("INSERT INTO number (value) VALUES (1)", {},
                           [](const sqlite_row&) {}));
  CHECK_FALSE(reader.query("SELECT nonsense", {}, [](const sqlite_row&) {}));
  CHECK(count(reader) == 0);
}

TEST_CASE("a store that does not exist is not found, nor made") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "store.db").string();
  const auto missing = snapshot_reader::open(path);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == problem_kind::not_found);
  CHECK(missing.error().file == path);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a file that is not a store is refused for reading") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("store.db", std::string(5000, 'x')).string();
  const auto refused = snapshot_reader::open(path);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
}
