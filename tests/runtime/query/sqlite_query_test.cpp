#include "runtime/query/sqlite_query.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "tests/runtime/query/query_texts.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <stop_token>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

class fixture {
public:
  fixture() {
    execute("CREATE TABLE t (id INTEGER, name TEXT, size REAL, raw BLOB, "
            "extra JSON, custom_fields TEXT);"
            "INSERT INTO t VALUES "
            "(9223372036854775807, 'a', 0.1, NULL, '{\"x\": 1}', "
            "'{\"y\":\n2}'),"
            "(2, NULL, 1e300, NULL, NULL, NULL),"
            "('three', 'c', 9e999, x'00', NULL, NULL);");
  }

  void execute(const std::string& sql) const {
    auto options = sqlite_options{};
    options.mode = open_mode::read_write;
    if (!std::filesystem::exists(path))
      options.mode = open_mode::create;
    const auto connection = sqlite_connection::open(path, options);
    REQUIRE(connection);
    REQUIRE((*connection)->execute(sql));
  }

  [[nodiscard]] outcome<std::string> ask(const std::string& sql) const {
    return read_lines(query_sqlite(path, {sql, {"custom_fields"}}, {}));
  }

  [[nodiscard]] problem refusal(const std::string& sql) const {
    const auto answer = ask(sql);
    CAPTURE(sql);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().file == "sqlite:" + path);
    CHECK_FALSE(answer.error().hint.empty());
    return answer.error();
  }

  temporary_folder folder;
  std::string path = (folder / "items.db").string();
};

} // namespace

TEST_CASE_METHOD(fixture, "rows of SQLite keep values, types and order") {
  CHECK(ask("SELECT id, name, size, extra, custom_fields FROM t "
            "WHERE raw IS NULL ORDER BY id DESC")
          .value()
        == "{\"id\":9223372036854775807,\"name\":\"a\",\"size\":0.1,"
           "\"extra\":{\"x\": 1},\"custom_fields\":{\"y\": 2}}\n"
           "{\"id\":2,\"size\":1e+300}\n");
  CHECK(ask("SELECT size, id FROM t WHERE name = 'c'").value()
        == "{\"size\":\"inf\",\"id\":\"three\"}\n");
  CHECK(ask("SELECT id FROM t WHERE 0").value().empty());
}

TEST_CASE_METHOD(fixture, "columns are known before the rows") {
  const auto rows
    = query_sqlite(path, {"SELECT id AS a, name b FROM t", {}}, {});
  REQUIRE(rows);
  CHECK(rows->columns == std::vector<std::string>{"a", "b"});
}

TEST_CASE_METHOD(fixture, "many rows come in pieces") {
  const auto text
    = ask("WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n "
          "WHERE id < 100000) SELECT id FROM n")
        .value();
  CHECK(std::count(text.begin(), text.end(), '\n') == 100000);
  CHECK(text.ends_with("{\"id\":100000}\n"));
}

TEST_CASE_METHOD(fixture, "what is no single SELECT is refused by SQLite") {
  for (const auto* sql :
       {"", "  ", "SELEC 1", "SELECT * FROM missing", "SELECT missing FROM t",
        "SELECT 1 AS a; SELECT 2 AS b", "DELETE FROM t",
        "INSERT INTO t (id) VALUES (1) RETURNING id", "PRAGMA user_version",
        "ATTACH 'other.db' AS other", "BEGIN", "SELECT ?1 AS a",
        "SELECT id, id FROM t", "SELECT * FROM t AS a, t AS b"})
    CHECK(refusal(sql).kind == problem_kind::invalid_input);
  CHECK(ask("SELECT count(*) AS n FROM t").value() == "{\"n\":3}\n");
  CHECK_FALSE(std::filesystem::exists("other.db"));
}

TEST_CASE_METHOD(fixture, "cells without a form are refused with their row") {
  const auto bytes = refusal("SELECT id, raw FROM t");
  CHECK(bytes.line == 3);
  CHECK(bytes.key == "raw");
  const auto json = refusal("SELECT name AS custom_fields FROM t");
  CHECK(json.line == 1);
  CHECK(json.key == "custom_fields");
}

TEST_CASE_METHOD(fixture, "what is no database is refused") {
  const auto missing
    = query_sqlite((folder / "no.db").string(), {"SELECT 1", {}}, {});
  CHECK(missing.error().kind == problem_kind::not_found);
  const auto text = folder.write("text.db", std::string(5'000, 'x'));
  const auto other = query_sqlite(text.string(), {"SELECT 1", {}}, {});
  CHECK(other.error().kind == problem_kind::invalid_input);
  CHECK(other.error().file == "sqlite:" + text.string());
}

TEST_CASE_METHOD(fixture, "a stop request ends a query that runs for ever") {
  auto stop = std::stop_source{};
  const auto rows = query_sqlite(
    path,
    {"WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
     "SELECT id FROM n WHERE id < 0",
     {}},
    stop.get_token());
  REQUIRE(rows);
  stop.request_stop();
  const auto read = read_lines(rows);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == problem_kind::interrupted);
}
