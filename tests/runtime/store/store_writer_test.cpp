#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/store_writer.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

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
  temporary_folder folder;
  std::string path = (folder / "store.db").string();
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
  CHECK(result.error().text.find("numbers, statement 2: UNIQUE")
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

TEST_CASE_METHOD(fixture,
                 "a statement that ends the transaction fails its group") {
  REQUIRE(commit_one(insert_numbers({1})));
  const auto results = commit(
    {number_request({2}),
     {one_statement("INSERT OR ROLLBACK INTO number (value) VALUES (1)"), {}},
     number_request({3})});
  for (const auto& result : results)
    CHECK(code_of(result) == store_error::failed);
  CHECK(commit_one(insert_numbers({4})));
  CHECK(read_numbers(path) == numbers{1, 4});
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
    messages::column{std::vector<std::int64_t>{10, 20}},
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

TEST_CASE_METHOD(fixture, "a lock held from outside is busy, then passes") {
  auto settings = sqlite_options{};
  settings.mode = open_mode::read_write;
  auto other = sqlite_connection::open(path, settings);
  REQUIRE(other);
  REQUIRE((*other)->execute("BEGIN IMMEDIATE"));
  auto impatient = sqlite_options{};
  impatient.mode = open_mode::read_write;
  impatient.busy_timeout = std::chrono::milliseconds{0};
  auto third = sqlite_connection::open(path, impatient);
  REQUIRE(third);
  CHECK_FALSE((*third)->execute("BEGIN IMMEDIATE"));
  CHECK((*third)->last_error() == store_error::busy);
  REQUIRE((*other)->execute("COMMIT"));
  CHECK(commit_one(insert_numbers({1})));
}

TEST_CASE("a full disk fails the group, and space mends it") {
  const auto folder = temporary_folder{};
  auto disk = small_disk{(folder / "disk").string()};
  if (!disk.is_mounted()) {
    WARN("skipped: mounting a small disk is not permitted here");
    return;
  }
  const auto path = (folder / "disk" / "store.db").string();
  auto writer = open_writer(path);
  const auto first = std::vector{number_request({1})};
  REQUIRE(writer.commit(first).front());
  disk.fill();

  // The log reuses its pages, hence large rows until one does not fit.
  auto large = messages::CommitTransaction{};
  add_statement(large, "INSERT INTO number VALUES (?1, zeroblob(400000))",
                {std::int64_t{2}});
  const auto group
    = std::vector<write_request>{number_request({3}), {large, {}}};
  for (const auto& result : writer.commit(group))
    CHECK(code_of(result) == store_error::disk_full);
  CHECK(writer.status().is_full());
  CHECK(read_numbers(path) == numbers{1});

  disk.empty();
  for (const auto& result : writer.commit(group))
    CHECK(result);
  CHECK_FALSE(writer.status().is_full());
  CHECK(read_numbers(path) == numbers{1, 2, 3});
}

TEST_CASE("a store without room for more pages is full") {
  auto settings = sqlite_options{};
  settings.mode = open_mode::create;
  auto connection = sqlite_connection::open(":memory:", settings);
  REQUIRE(connection);
  REQUIRE((*connection)
            ->execute("PRAGMA max_page_count=10; "
                      "CREATE TABLE t (a BLOB)"));
  const auto full
    = (*connection)->execute("INSERT INTO t VALUES (zeroblob(100000))");
  REQUIRE_FALSE(full);
  CHECK((*connection)->last_error() == store_error::disk_full);
  CHECK(full.error().kind == problem_kind::unavailable);
  CHECK(full.error().message == "the disk is full");
  CHECK_FALSE(full.error().hint.empty());
  CHECK((*connection)->execute("INSERT INTO t VALUES (zeroblob(10))"));
}

TEST_CASE("a read-only store is refused for writing, not for reading") {
  const auto folder = temporary_folder{};
  auto disk = small_disk{(folder / "disk").string()};
  const auto path = (folder / "disk" / "store.db").string();
  {
    auto writer = open_writer(path);
    const auto group = std::vector{number_request({1})};
    REQUIRE(writer.commit(group).front());
  }
  if (!disk.is_mounted() || !disk.make_read_only()) {
    if (::geteuid() == 0) {
      WARN("skipped: mounting is not permitted here");
      return;
    }
    REQUIRE(::chmod(path.c_str(), 0400) == 0);
  }
  auto options = store_options{};
  options.path = path;
  const auto refused = store_writer::open(options, number_schema(), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK(refused.error().file == path);
  CHECK(read_numbers(path) == numbers{1});
}

TEST_CASE("a file that is not a database is refused") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("store.db", std::string(5000, 'x')).string();
  auto options = store_options{};
  options.path = path;
  const auto refused = store_writer::open(options, number_schema(), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
  CHECK(read_file(path) == std::string(5000, 'x'));
}

TEST_CASE("a store in a missing folder is refused") {
  const auto folder = temporary_folder{};
  auto options = store_options{};
  options.path = (folder / "missing" / "store.db").string();
  const auto refused = store_writer::open(options, number_schema(), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::not_found);
}

TEST_CASE("a store in memory needs no file") {
  auto writer = open_writer(":memory:");
  const auto group = std::vector{number_request({1})};
  CHECK(writer.commit(group).front());
  CHECK_FALSE(std::filesystem::exists(":memory:.lock"));
}

TEST_CASE("the size of a request counts its columns") {
  auto request = number_request({1});
  const auto small = size_bytes(request);
  request.rows = messages::column_block{
    {messages::column{std::vector<double>(1000)},
     messages::column{{0, 500}, std::string(500, 'x')}}};
  CHECK(size_bytes(request) == small + 8000 + 504);
}
