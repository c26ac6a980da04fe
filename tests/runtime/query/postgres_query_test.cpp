#include "runtime/query/postgres_query.hpp"
#include "tests/runtime/query/query_texts.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stop_token>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

postgres_address parse(const std::string& text) {
  return parse_postgres_address(text, {{"PASSWORD", "guest's secret"}}).value();
}

outcome<std::string> ask(const std::string& address, const std::string& sql) {
  return read_lines(
    query_postgres(parse(address), {sql, {"custom_fields"}}, {}));
}

void check_values(const std::string& address) {
  CHECK(ask(address,
            "SELECT 9223372036854775807::int8 AS a, 0.1::float8 AS b, "
            "1e300::float8 AS c, 0.1::float4 AS d, "
            "12345678901234567890.10::numeric AS e, true AS f, NULL AS g, "
            "'x\"y'::text AS h, '{\"z\":\n1}'::json AS i, "
            "'{\"y\": [1, 2]}'::jsonb AS j, '{\"k\": 1}' AS custom_fields, "
            "date '2026-01-31' AS l, 'NaN'::float8 AS m, "
            "timestamptz '2026-01-31 12:00:00+00' AT TIME ZONE 'UTC' AS n")
          .value()
        == "{\"a\":9223372036854775807,\"b\":0.1,\"c\":1e+300,\"d\":0.1,"
           "\"e\":12345678901234567890.10,\"f\":true,\"h\":\"x\\\"y\","
           "\"i\":{\"z\": 1},\"j\":{\"y\": [1, 2]},"
           "\"custom_fields\":{\"k\": 1},\"l\":\"2026-01-31\",\"m\":\"NaN\","
           "\"n\":\"2026-01-31 12:00:00\"}\n");
  CHECK(ask(address, "SELECT 1 AS a WHERE false").value().empty());
  const auto many = ask(address, "SELECT id FROM generate_series(1, 50000) id "
                                 "ORDER BY id DESC")
                      .value();
  CHECK(std::count(many.begin(), many.end(), '\n') == 50'000);
  CHECK(many.starts_with("{\"id\":50000}\n"));
  CHECK(many.ends_with("{\"id\":1}\n"));
}

void check_refusals(const std::string& address) {
  for (const auto* sql :
       {"", "SELEC 1", "SELECT * FROM missing", "SELECT missing FROM t",
        "SELECT 1 AS a; SELECT 2 AS b", "DELETE FROM t",
        "WITH d AS (DELETE FROM t RETURNING id) SELECT id FROM d",
        "INSERT INTO t VALUES (2) RETURNING id", "CREATE TABLE u ()", "COMMIT",
        "SELECT $1::int AS a", "SELECT id, id FROM t", "SELECT 1/0 AS a",
        "COPY t TO STDOUT", "SELECT '\\x00'::bytea AS a",
        "SELECT 'no' AS custom_fields", "SELECT FROM t",
        "SELECT 1/(id - 3) AS a FROM generate_series(1, 5) id"}) {
    const auto refused = ask(address, sql);
    CAPTURE(sql);
    REQUIRE_FALSE(refused);
    CAPTURE(render(refused.error()));
    CHECK(refused.error().kind == problem_kind::invalid_input);
    CHECK(refused.error().file.starts_with("postgresql://troupe@/postgres"));
    CHECK_FALSE(refused.error().hint.empty());
  }
  CHECK(ask(address, "SELECT count(*) AS n FROM t").value() == "{\"n\":1}\n");
  CHECK(ask(address, "SELECT\n  missing FROM t")
          .error()
          .message.find("line 2, column 3")
        != std::string::npos);
}

void check_rights(const postgres_server& server) {
  const auto guest = server.address("guest");
  const auto kind = [](const std::string& address, const std::string& sql) {
    const auto answer = ask(address, sql);
    REQUIRE_FALSE(answer);
    CHECK(render(answer.error()).find("secret") == std::string::npos);
    return answer.error().kind;
  };
  const auto wrong = query_postgres(parse(guest + "&password=wrong+secret"),
                                    {"SELECT 1 AS a", {}}, {});
  CHECK(wrong.error().kind == problem_kind::denied);
  CHECK(wrong.error().message.find("password") != std::string::npos);
  CHECK(query_postgres(parse(guest), {"SELECT 1 AS a", {}}, {}).error().kind
        == problem_kind::denied);
  const auto known = guest + "&password=secret://env/PASSWORD";
  CHECK(ask(known, "SELECT 1 AS a").value() == "{\"a\":1}\n");
  CHECK(kind(known, "SELECT id FROM t") == problem_kind::denied);
  const auto other = server.address() + "&dbname=none";
  CHECK(kind(other, "SELECT 1 AS a") == problem_kind::not_found);
}

/// Returns once somebody runs exactly this query.
void await_query(const postgres_server& server, const std::string& sql) {
  server.execute("DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity"
                 " WHERE state = 'active' AND query = '"
                 + sql
                 + "') LOOP PERFORM pg_sleep(0.01);"
                   " PERFORM pg_stat_clear_snapshot(); END LOOP; END $$");
}

void check_times(const postgres_server& server) {
  const auto address = server.address();
  auto limits = postgres_limits{};
  limits.statement_timeout = 50ms;
  const auto slow = query_postgres(
    parse(address), {"SELECT 1 AS a FROM pg_sleep(600)", {}}, {}, limits);
  REQUIRE_FALSE(slow);
  CHECK(slow.error().kind == problem_kind::timeout);
  const auto sql = std::string{"SELECT 1 AS a FROM pg_sleep(601)"};
  auto stop = std::stop_source{};
  auto waiting = std::thread{[&] {
    await_query(server, sql);
    stop.request_stop();
  }};
  const auto stopped
    = query_postgres(parse(address), {sql, {}}, stop.get_token());
  waiting.join();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == problem_kind::interrupted);
}

} // namespace

// One server for all of it: it takes longer to start than to ask.
TEST_CASE("PostgreSQL is asked row by row, and for reading only") {
  const auto server = postgres_server{};
  server.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1);");
  check_values(server.address());
  check_refusals(server.address());
  check_rights(server);
  check_times(server);
}

TEST_CASE("a server of PostgreSQL that is not there is unavailable") {
  const auto folder = temporary_folder{};
  const auto address = "postgresql:///d?user=u&host=" + folder.path().string();
  const auto absent = ask(address, "SELECT 1 AS a");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::unavailable);
  CHECK_FALSE(absent.error().hint.empty());
}

TEST_CASE("nobody waits for ever for a silent server of PostgreSQL") {
  auto server = silent_server{};
  const auto address
    = parse("postgresql://u@" + server.address() + "/d?sslmode=disable");
  auto limits = postgres_limits{};
  limits.connect_timeout = 20ms;
  CHECK(query_postgres(address, {"SELECT 1 AS a", {}}, {}, limits).error().kind
        == problem_kind::timeout);
  auto stop = std::stop_source{};
  auto waiting = std::thread{[&] {
    server.await_request();
    stop.request_stop();
  }};
  limits.connect_timeout = 1h;
  CHECK(query_postgres(address, {"SELECT 1 AS a", {}}, stop.get_token(), limits)
          .error()
          .kind
        == problem_kind::interrupted);
  waiting.join();
}
