#include "runtime/store/migrations.hpp"
#include "tests/runtime/store/store_place.hpp"

#include <catch2/catch.hpp>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

struct fixture {
  store_place place{GENERATE(store_kind::sqlite, store_kind::postgres)};
  std::unique_ptr<store_connection> connection = place.connect();

  outcome<void> apply(const migration_list& schema) {
    return apply_migrations(*connection, schema,
                            clock::wall_time{std::chrono::seconds{7}});
  }

  std::int64_t number(const std::string& sql) {
    return number_from(*connection, sql);
  }
};

const auto first = migration{"sub", 1, "CREATE TABLE a (x INTEGER);"};
const auto second = migration{"sub", 2,
                              "CREATE TABLE b (x INTEGER); "
                              "INSERT INTO b VALUES (1);"};
const auto other = migration{"other", 1, "CREATE TABLE c (x INTEGER);"};

} // namespace

TEST_CASE_METHOD(fixture, "a new store gets the whole schema") {
  REQUIRE(apply({first, other, second}));
  CHECK(number("SELECT count(*) FROM troupe_schema") == 3);
  CHECK(number("SELECT max(applied_at) FROM troupe_schema") == 7'000'000);
  CHECK(number("SELECT x FROM b") == 1);
}

TEST_CASE_METHOD(fixture, "an older store gets what it lacks, once") {
  REQUIRE(apply({first}));
  REQUIRE(apply({first, second}));
  REQUIRE(apply({first, second}));
  CHECK(number("SELECT count(*) FROM b") == 1);
}

TEST_CASE_METHOD(fixture, "a newer store is refused") {
  REQUIRE(apply({first, second}));
  const auto refused = apply({first});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
  CHECK(refused.error().message.find("newer than this program")
        != std::string::npos);
  CHECK(refused.error().message.find("sub 2") != std::string::npos);
  CHECK_FALSE(refused.error().hint.empty());
}

TEST_CASE_METHOD(fixture, "a changed migration is refused") {
  REQUIRE(apply({first}));
  const auto refused = apply({{"sub", 1, "CREATE TABLE a (y INTEGER);"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("migration sub 1 is not the one")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a missing migration is refused") {
  REQUIRE(apply({first, second}));
  run_script(*connection, "DELETE FROM troupe_schema WHERE version = 1");
  const auto refused = apply({first, second});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("before sub 2 is missing")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "subsystems the program does not name stay") {
  REQUIRE(apply({first, other}));
  REQUIRE(apply({first, second}));
  CHECK(number("SELECT count(*) FROM troupe_schema") == 3);
}

TEST_CASE_METHOD(fixture, "a migration that fails leaves no trace") {
  const auto broken
    = migration{"sub", 2, "CREATE TABLE b (x INTEGER); nonsense;"};
  const auto refused = apply({first, broken});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("migration sub 2 failed")
        != std::string::npos);
  CHECK_FALSE(connection->has_table("b").value());
  CHECK(apply({first, second}));
}

TEST_CASE_METHOD(fixture, "a migration must not end its transaction") {
  CHECK_FALSE(apply({{"sub", 1, "CREATE TABLE a (x INTEGER); COMMIT;"}}));
}

TEST_CASE_METHOD(fixture, "versions count 1, 2, 3 within a subsystem") {
  CHECK_FALSE(apply({second}));
  CHECK_FALSE(apply({first, first}));
  CHECK(connection->is_empty().value());
}

TEST_CASE_METHOD(fixture, "a database of another program is left alone") {
  run_script(*connection, "CREATE TABLE foreign_data (x INTEGER)");
  const auto refused = apply({first});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
  CHECK_FALSE(connection->has_table("a").value());
}

TEST_CASE_METHOD(fixture, "a migration may have other words for PostgreSQL") {
  const auto step
    = migration{"sub", 1,
                "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)",
                "CREATE TABLE a (x BIGINT); INSERT INTO a VALUES (2)"};
  REQUIRE(apply({step}));
  CHECK(number("SELECT x FROM a") == (place.is_postgres() ? 2 : 1));
  // Stores of both kinds have the same version.
  CHECK(checksum_of(step) == checksum_of({"sub", 1, step.sql}));
}

TEST_CASE_METHOD(fixture, "keys count by themselves, texts sort by bytes") {
  REQUIRE(apply({{"sub", 1,
                  "CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
                  " CREATE TABLE b (run INTEGER NOT"
                  " NULL, bytes BLOB, PRIMARY KEY (run)) WITHOUT ROWID;"
                  "INSERT INTO a (text) VALUES ('b'), ('C'), ('a')"}}));
  CHECK(number("SELECT id FROM a ORDER BY text LIMIT 1") == 2);
}

TEST_CASE("a checksum is of the SQL and never changes") {
  CHECK(checksum_of({"a", 1, ""}) == "2d06800538d394c2");
  CHECK(checksum_of({"a", 1, "x"}) == checksum_of({"b", 2, "x"}));
  CHECK(checksum_of({"a", 1, "x"}) != checksum_of({"a", 1, "y"}));
}
