#include "runtime/store/sqlite_connection.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

std::unique_ptr<sqlite_connection> open(const std::string& path,
                                        open_mode mode = open_mode::create) {
  auto settings = sqlite_options{};
  settings.mode = mode;
  settings.statements_max = 2;
  auto opened = sqlite_connection::open(path, settings);
  if (!opened)
    FAIL(render(opened.error()));
  return std::move(*opened);
}

struct fixture {
  temporary_folder folder;
  std::string path = (folder / "file.db").string();
  std::unique_ptr<sqlite_connection> connection = open(path);

  std::string text(const std::string& sql) {
    auto statement = connection->prepare(sql).value();
    REQUIRE(statement.step().value());
    return std::string{statement.row().text(0)};
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a writer syncs every commit and bounds its log") {
  CHECK(text("PRAGMA journal_mode") == "wal");
  CHECK(text("PRAGMA synchronous") == "2");
  CHECK(text("PRAGMA foreign_keys") == "1");
  CHECK(text("PRAGMA wal_autocheckpoint") == "1000");
  CHECK(text("PRAGMA journal_size_limit") == "16777216");
}

TEST_CASE_METHOD(fixture, "values come back as they were bound") {
  const auto values = std::vector<sql_value>{
    sql_value{},
    std::int64_t{-5},
    0.25,
    std::string{"a\0b", 3},
    std::string{},
    std::vector<std::uint8_t>{0, 255},
    std::vector<std::uint8_t>{},
  };
  auto statement
    = connection->prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7").value();
  REQUIRE(statement.bind(values));
  REQUIRE(statement.step().value());
  const auto row = statement.row();
  REQUIRE(row.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK(row.value(i) == values[i]);
  CHECK(row.is_null(0));
  CHECK_FALSE(row.is_null(4));
  CHECK(row.integer(1) == -5);
  CHECK(row.real(2) == 0.25);
  CHECK(row.text(3).size() == 3);
  CHECK(row.blob(5).size() == 2);
  CHECK_FALSE(statement.step().value());
}

TEST_CASE_METHOD(fixture, "values of a message are bound as they are") {
  auto statement = connection
                     ->prepare("SELECT typeof(?1), typeof(?2), typeof(?3), "
                               "typeof(?4), typeof(?5)")
                     .value();
  auto values = std::vector<messages::SqlValue>(5);
  values[0].set_integer(1);
  values[1].set_real(1);
  values[2].set_text("");
  values[3].set_blob("");
  for (std::size_t i = 0; i < values.size(); ++i)
    REQUIRE(statement.bind(i + 1, values[i]));
  REQUIRE(statement.step().value());
  auto types = std::string{};
  for (std::size_t i = 0; i < values.size(); ++i)
    types += std::string{statement.row().text(i)} + " ";
  CHECK(types == "integer real text blob null ");
}

TEST_CASE_METHOD(fixture, "the number of values must be that of parameters") {
  auto statement = connection->prepare("SELECT ?1, ?2").value();
  const auto one = std::vector<sql_value>{std::int64_t{1}};
  CHECK(statement.parameter_count() == 2);
  CHECK_FALSE(statement.bind(one));
  CHECK(connection->last_error() == store_error::bad_statement);
  CHECK_FALSE(statement.bind(3, sql_value{}));
}

TEST_CASE_METHOD(fixture, "a statement from the cache starts afresh") {
  const auto sql = std::string{"SELECT ?1"};
  {
    auto statement = connection->prepare(sql).value();
    REQUIRE(statement.bind(1, sql_value{std::int64_t{1}}));
    REQUIRE(statement.step().value());
  }
  auto statement = connection->prepare(sql).value();
  REQUIRE(statement.step().value());
  CHECK(statement.row().is_null(0));
}

TEST_CASE_METHOD(fixture, "one SQL text can be in use twice") {
  const auto sql = std::string{"SELECT 1 UNION ALL SELECT 2"};
  auto first = connection->prepare(sql).value();
  REQUIRE(first.step().value());
  auto second = connection->prepare(sql).value();
  REQUIRE(second.step().value());
  REQUIRE(first.step().value());
  CHECK(first.row().integer(0) == 2);
  CHECK(second.row().integer(0) == 1);
}

TEST_CASE_METHOD(fixture, "more statements than the cache holds still work") {
  for (auto round = 0; round < 3; ++round)
    for (auto i = 0; i < 10; ++i)
      CHECK(text("SELECT " + std::to_string(i)) == std::to_string(i));
}

TEST_CASE_METHOD(fixture, "an error tells the file and what is wrong") {
  const auto failed = connection->prepare("SELECT * FROM nowhere");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == problem_kind::invalid_input);
  CHECK(failed.error().message == "no such table: nowhere");
  CHECK(failed.error().file == path);
}

TEST_CASE_METHOD(fixture, "a query without rows has the value NULL") {
  CHECK(connection->query_value("SELECT 1 WHERE 0").value() == sql_value{});
  CHECK(connection->query_value("SELECT 'a'").value()
        == sql_value{std::string{"a"}});
}

TEST_CASE_METHOD(fixture, "a read-only connection cannot write") {
  REQUIRE(connection->execute("CREATE TABLE t (a INTEGER)"));
  auto reader = open(path, open_mode::read_only);
  CHECK(reader->is_read_only());
  CHECK_FALSE(reader->execute("INSERT INTO t VALUES (1)"));
  CHECK(reader->last_error() == store_error::read_only);
}

TEST_CASE_METHOD(fixture, "only mode create makes a file") {
  auto settings = sqlite_options{};
  settings.mode = GENERATE(open_mode::read_only, open_mode::read_write);
  CHECK_FALSE(sqlite_connection::open((folder / "new.db").string(), settings));
  CHECK_FALSE(std::filesystem::exists(folder / "new.db"));
}

TEST_CASE_METHOD(fixture, "an odd file name is taken literally") {
  for (const auto* name : {"a?mode=memory.db", "b%20c.db", "d#e.db"}) {
    const auto odd = (folder / name).string();
    {
      auto writer = open(odd);
      REQUIRE(writer->execute("CREATE TABLE t (a INTEGER)"));
    }
    REQUIRE(std::filesystem::exists(odd));
    auto reader = open(odd, open_mode::immutable);
    CHECK(reader->query_value("SELECT count(*) FROM t").value()
          == sql_value{std::int64_t{0}});
  }
}
