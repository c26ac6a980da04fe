// What both databases promise, tried on each.
#include "runtime/store/store_writer.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/runtime/store/store_place.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

using numbers = std::vector<std::int64_t>;

store_error code_of(const write_result& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

struct fixture {
  store_place place{GENERATE(store_kind::sqlite, store_kind::postgres)};
  std::string path = place.path();
  store_writer writer = open_writer(path);

  std::vector<write_result> commit(const std::vector<write_request>& group) {
    return writer.commit(group);
  }

  write_result commit_one(const messages::CommitTransaction& transaction,
                          messages::column_block rows = {}) {
    const auto request = write_request{transaction, std::move(rows)};
    return writer.commit({&request, 1}).front();
  }
};

messages::CommitTransaction one_statement(const std::string& sql) {
  auto transaction = messages::CommitTransaction{};
  transaction.set_label("test");
  add_statement(transaction, sql);
  return transaction;
}

} // namespace

TEST_CASE_METHOD(fixture, "a group of transactions takes one commit") {
  const auto results = commit(
    {number_request({1}), number_request({2, 3}), number_request({4})});
  REQUIRE(results.size() == 3);
  CHECK(results[1].value().changes_size() == 2);
  CHECK(writer.status().commits() == 1);
  CHECK(writer.status().transactions() == 3);
  CHECK(read_numbers(path) == numbers{1, 2, 3, 4});
}

TEST_CASE_METHOD(fixture, "a transaction that fails is rolled back alone") {
  const auto results = commit({number_request({1}), number_request({2, 1}),
                               number_request({3, -1}), number_request({4})});
  CHECK(results[0]);
  CHECK(code_of(results[1]) == store_error::constraint);
  CHECK(code_of(results[2]) == store_error::constraint);
  CHECK(results[3]);
  CHECK(read_numbers(path) == numbers{1, 4});
  CHECK(writer.status().refused() == 2);
}

TEST_CASE_METHOD(fixture, "a refusal names the transaction and statement") {
  const auto result = commit_one(insert_numbers({1, 1}));
  REQUIRE_FALSE(result);
  CHECK(result.error().text.starts_with("numbers, statement 2: "));
  CHECK(result.error().text.find(place.is_postgres() ? "unique" : "UNIQUE")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "an unexpected number of changes is a conflict") {
  REQUIRE(commit_one(insert_numbers({1})));
  auto update = messages::CommitTransaction{};
  add_statement(update, "INSERT INTO number (value) VALUES (7)");
  auto& guarded
    = add_statement(update, "UPDATE number SET payload = NULL WHERE value = 2");
  guarded.set_expected_changes(1);
  CHECK(code_of(commit_one(update)) == store_error::conflict);
  CHECK(read_numbers(path) == numbers{1});

  guarded.set_expected_changes(0);
  CHECK(commit_one(update));
}

TEST_CASE_METHOD(fixture, "a group of refusals alone makes no commit") {
  REQUIRE(commit_one(insert_numbers({1})));
  CHECK_FALSE(commit_one(insert_numbers({1})));
  CHECK(writer.status().commits() == 1);
}

TEST_CASE_METHOD(fixture, "wrong statements are refused one by one") {
  const auto sql
    = GENERATE(as<std::string>{}, "INSERT INTO nowhere VALUES (1)", "nonsense",
               "", "-- nothing", "DELETE FROM number; DELETE FROM number",
               "INSERT INTO number (value) VALUES (?1)");
  CAPTURE(sql);
  const auto results = commit({{one_statement(sql), {}}, number_request({1})});
  CHECK(code_of(results[0]) == store_error::bad_statement);
  CHECK(results[1]);
}

TEST_CASE_METHOD(fixture, "a statement cannot touch transaction or settings") {
  const auto sql
    = GENERATE(as<std::string>{}, "COMMIT", "ROLLBACK", "RELEASE one",
               "SAVEPOINT two", "PRAGMA synchronous=OFF",
               "ATTACH DATABASE ':memory:' AS other");
  CAPTURE(sql);
  const auto results = commit({number_request({1}), {one_statement(sql), {}}});
  CHECK(results[0]);
  CHECK(code_of(results[1]) == store_error::bad_statement);
  CHECK(read_numbers(path) == numbers{1});
}

TEST_CASE_METHOD(fixture, "columns are bound row by row") {
  REQUIRE(commit_one(one_statement(
    "CREATE TABLE typed (a INTEGER, b REAL, c BIGINT, d INTEGER, e TEXT, "
    "f TEXT)")));
  const auto rows = messages::column_block{{
    messages::column{std::vector<std::int64_t>{-1, 2}},
    messages::column{
      std::vector<double>{std::numeric_limits<double>::quiet_NaN(), 0.5}},
    messages::column{std::vector<std::uint32_t>{4'000'000'000u, 0}},
    messages::column{std::vector<std::uint8_t>{255, 7}},
    messages::column{{0, 0, 5}, "hello"},
  }};
  auto insert = messages::CommitTransaction{};
  add_row_statement(
    insert,
    "INSERT INTO typed (f, a, b, c, d, e) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", {},
    {std::string{"fixed"}});
  const auto result = commit_one(insert, rows);
  REQUIRE(result);
  CHECK(result->changes(0) == 2);

  auto reader = snapshot_reader::open(path);
  REQUIRE(reader);
  auto found = std::vector<sql_value>{};
  REQUIRE(reader->query("SELECT a, b, c, d, e, f FROM typed ORDER BY a", {},
                        [&](const sqlite_row& row) {
                          for (std::size_t i = 0; i < row.size(); ++i)
                            found.push_back(row.value(i));
                        }));
  const auto i = [](std::int64_t value) { return sql_value{value}; };
  const auto s
    = [](const char* value) { return sql_value{std::string{value}}; };
  CHECK(found
        == std::vector<sql_value>{i(-1), sql_value{}, i(4'000'000'000), i(255),
                                  s(""), s("fixed"), i(2), sql_value{0.5}, i(0),
                                  i(7), s("hello"), s("fixed")});
}

TEST_CASE_METHOD(fixture, "chosen columns are bound in the order given") {
  const auto rows = messages::column_block{{
    messages::column{std::vector<double>{0.5}},
    messages::column::blobs({0, 1, 2}, "ab"),
    messages::column{std::vector<std::int64_t>{1, 2}},
  }};
  auto insert = messages::CommitTransaction{};
  auto& statement = add_row_statement(
    insert, "INSERT INTO number (value, payload) VALUES (?1, ?2)", {2, 1});
  REQUIRE(commit_one(insert, rows));
  CHECK(read_numbers(path) == numbers{1, 2});

  SECTION("columns of different sizes are refused") {
    statement.set_columns(0, 0);
    CHECK(code_of(commit_one(insert, rows)) == store_error::bad_statement);
  }
  SECTION("a column that was not sent is refused") {
    statement.set_columns(0, 3);
    CHECK(code_of(commit_one(insert, rows)) == store_error::bad_statement);
  }
  SECTION("more columns than parameters are refused") {
    statement.add_columns(1);
    CHECK(code_of(commit_one(insert, rows)) == store_error::bad_statement);
  }
}

TEST_CASE_METHOD(fixture, "a deferred foreign key fails its transaction only") {
  REQUIRE(commit_one(
    one_statement("CREATE TABLE child (parent BIGINT REFERENCES number (value) "
                  "DEFERRABLE INITIALLY DEFERRED)")));
  const auto results
    = commit({number_request({1}),
              {one_statement("INSERT INTO child VALUES (99)"), {}},
              {one_statement("INSERT INTO child VALUES (1)"), {}}});
  CHECK(results[0]);
  CHECK(code_of(results[1]) == store_error::constraint);
  CHECK(results[2]);
  CHECK(read_numbers(path) == numbers{1});
}

TEST_CASE_METHOD(fixture, "a schema change reports no changed rows") {
  REQUIRE(commit_one(insert_numbers({1, 2, 3})));
  const auto result = commit_one(one_statement("CREATE TABLE other (a TEXT)"));
  REQUIRE(result);
  CHECK(result->changes(0) == 0);
}

TEST_CASE_METHOD(fixture, "many refusals leave the others as they are") {
  auto group = std::vector<write_request>{};
  for (auto number = std::int64_t{0}; number < 40; ++number)
    group.push_back(number_request({number / 2}));
  const auto results = commit(group);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (i % 2 == 0)
      CHECK(results[i]);
    else
      CHECK(code_of(results[i]) == store_error::constraint);
  CHECK(read_numbers(path).size() == 20);
  CHECK(writer.status().commits() == 1);
}

TEST_CASE_METHOD(fixture, "what follows a conflict is as if it had not been") {
  auto conflict = insert_numbers({1, 2});
  conflict.mutable_statements(1)->set_expected_changes(2);
  const auto results = commit({number_request({9}),
                               {conflict, {}},
                               number_request({1}),
                               {conflict, {}},
                               {conflict, {}},
                               number_request({2})});
  CHECK(results[0]);
  CHECK(code_of(results[1]) == store_error::conflict);
  CHECK(results[2]);
  // Its first row is there by now.
  CHECK(code_of(results[3]) == store_error::constraint);
  CHECK(code_of(results[4]) == store_error::constraint);
  CHECK(results[5]);
  CHECK(read_numbers(path) == numbers{1, 2, 9});
}

TEST_CASE_METHOD(fixture, "rows that depend on those before go one by one") {
  const auto rows = messages::column_block{
    {messages::column{std::vector<std::int64_t>{5, 6, 5, 7}}}};
  auto upsert = messages::CommitTransaction{};
  add_row_statement(upsert,
                    "INSERT INTO number (value) VALUES (?1) ON CONFLICT "
                    "(value) DO UPDATE SET payload = excluded.payload",
                    {});
  const auto updated = commit_one(upsert, rows);
  REQUIRE(updated);
  CHECK(updated->changes(0) == 4);
  auto skip = messages::CommitTransaction{};
  add_row_statement(skip,
                    "INSERT INTO number (value) VALUES (?1 + ?2)"
                    " ON CONFLICT DO NOTHING",
                    {}, {std::int64_t{1}});
  const auto skipped = commit_one(skip, rows);
  REQUIRE(skipped);
  CHECK(skipped->changes(0) == 1);
  auto erase = messages::CommitTransaction{};
  add_row_statement(erase, "DELETE FROM number WHERE value = ?1", {});
  const auto erased = commit_one(erase, rows);
  REQUIRE(erased);
  CHECK(erased->changes(0) == 3);
  CHECK(read_numbers(path) == numbers{8});
}

TEST_CASE_METHOD(fixture, "many rows of many bytes are written") {
  constexpr auto row_count = std::size_t{9'000};
  auto values = std::vector<std::int64_t>(row_count);
  std::iota(values.begin(), values.end(), 0);
  auto offsets = std::vector<std::uint32_t>{0};
  for (std::size_t row = 0; row < row_count; ++row)
    offsets.push_back(static_cast<std::uint32_t>((row + 1) * 400));
  const auto rows = messages::column_block{
    {messages::column{values},
     messages::column::blobs(offsets, std::string(row_count * 400, '\0'))}};
  auto insert = messages::CommitTransaction{};
  add_row_statement(insert,
                    "INSERT INTO number (value, payload) VALUES (?1, ?2)", {});
  const auto result = commit_one(insert, rows);
  REQUIRE(result);
  CHECK(result->changes(0) == static_cast<std::int64_t>(row_count));
  CHECK(number_in(path, "SELECT sum(length(payload)) FROM number")
        == static_cast<std::int64_t>(row_count * 400));

  auto large = messages::CommitTransaction{};
  add_statement(large, "UPDATE number SET payload = ?1 WHERE value = 0",
                {std::vector<std::uint8_t>(5'000'000, 7)});
  REQUIRE(commit_one(large));
  CHECK(number_in(path, "SELECT length(payload) FROM number WHERE value = 0")
        == 5'000'000);
}

TEST_CASE_METHOD(fixture, "no rows change nothing") {
  const auto rows
    = messages::column_block{{messages::column{std::vector<std::int64_t>{}}}};
  auto insert = messages::CommitTransaction{};
  add_row_statement(insert, "INSERT INTO number (value) VALUES (?1)", {});
  const auto result = commit_one(insert, rows);
  REQUIRE(result);
  CHECK(result->changes(0) == 0);
}

TEST_CASE("a group without its fence is refused as a whole") {
  const auto place
    = store_place{GENERATE(store_kind::sqlite, store_kind::postgres)};
  auto options = store_options{};
  options.path = place.path();
  options.fence.sql = "SELECT 1 FROM lease WHERE epoch = ?1";
  options.fence.parameters = {std::int64_t{7}};
  const auto schema
    = migration_list{number_schema().front(),
                     {"lease", 1,
                      "CREATE TABLE lease (epoch INTEGER NOT NULL);"
                      "INSERT INTO lease (epoch) VALUES (7)"}};
  auto writer = store_writer::open(options, schema, {}).value();
  const auto held = std::vector{number_request({1}), number_request({1})};
  CHECK(writer.commit(held).front());
  run_script(*place.connect(), "UPDATE lease SET epoch = 8");
  const auto group = std::vector{number_request({2}), number_request({3})};
  for (const auto& result : writer.commit(group))
    CHECK(code_of(result) == store_error::fenced);
  CHECK(read_numbers(place.path()) == numbers{1});
}

TEST_CASE("a store has one writer") {
  const auto place
    = store_place{GENERATE(store_kind::sqlite, store_kind::postgres)};
  auto first = std::optional{open_writer(place.path())};
  auto options = store_options{};
  options.path = place.path();
  const auto second = store_writer::open(options, number_schema(), {});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == problem_kind::unavailable);
  CHECK(second.error().message.find("process " + std::to_string(::getpid()))
        != std::string::npos);
  first.reset();
  CHECK(store_writer::open(options, number_schema(), {}));
}
