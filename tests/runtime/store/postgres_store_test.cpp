// What only a store in PostgreSQL can meet.
#include "runtime/store/postgres_connection.hpp"
#include "runtime/store/postgres_group_writer.hpp"
#include "runtime/store/postgres_lock.hpp"
#include "runtime/store/postgres_pipeline.hpp"
#include "runtime/store/postgres_statements.hpp"
#include "runtime/store/store_check.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/runtime/store/store_place.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <optional>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

using numbers = std::vector<std::int64_t>;

/// Ends the processes of the server that serve others in this schema.
constexpr auto end_others
  = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND application_name LIKE 'troupe%'";

store_options options_of(const store_place& place) {
  auto options = store_options{};
  options.path = place.path();
  return options;
}

struct fixture {
  store_place place{store_kind::postgres};
  store_options options = options_of(place);
  store_writer writer = open_writer(place.path());

  write_result commit(const write_request& request) {
    return writer.commit({&request, 1}).front();
  }

  store_error refusal_of(const write_request& request) {
    const auto result = commit(request);
    REQUIRE_FALSE(result);
    INFO(result.error().text);
    return result.error().code;
  }

  /// Tries again until the server is there.
  void commit_soon(const write_request& request) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!commit(request))
      REQUIRE(std::chrono::steady_clock::now() < end);
  }

  /// What somebody else does to the server.
  void run_beside(const std::string& sql) {
    run_script(*place.connect(), sql);
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a lost connection fails a group, and is made anew") {
  REQUIRE(commit(number_request({1})));
  auto reader = snapshot_reader::open(place.path()).value();
  REQUIRE(reader.begin_snapshot());
  run_beside(end_others);
  CHECK(refusal_of(number_request({2})) == store_error::unavailable);
  commit_soon(number_request({3}));
  CHECK(read_numbers(place.path()) == numbers{1, 3});

  const auto nothing = [](const sql_row&) {};
  CHECK_FALSE(reader.query("SELECT value FROM number", {}, nothing));
  // Other rows than those of the snapshot would be no answer.
  const auto lost = reader.query("SELECT value FROM number", {}, nothing);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == problem_kind::unavailable);
  reader.end_snapshot();
  CHECK(reader.query("SELECT value FROM number", {}, nothing));
}

TEST_CASE_METHOD(fixture, "a commit whose answer is lost may have happened") {
  // The check that is put off to the commit outlives the server's process.
  run_beside("CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS"
             " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid());"
             " RETURN NULL; END $$;"
             "CREATE TABLE trap (a INTEGER)");
  auto sets_trap = messages::CommitTransaction{};
  add_statement(sets_trap, "INSERT INTO trap (a) VALUES (1)");
  REQUIRE(commit({sets_trap, {}}));
  run_beside("CREATE CONSTRAINT TRIGGER leaves AFTER INSERT ON trap DEFERRABLE"
             " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leave()");
  const auto result = commit({sets_trap, {}});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == store_error::outcome_unknown);
  CHECK(result.error().text.find("may have happened") != std::string::npos);
  commit_soon(number_request({1}));
  CHECK(number_in(place.path(), "SELECT count(*) FROM trap") == 1);
}

TEST_CASE_METHOD(fixture, "a store outlives a crash of its server") {
  REQUIRE(commit(number_request({1})));
  shared_postgres().crash();
  CHECK(refusal_of(number_request({2})) == store_error::unavailable);
  CHECK(refusal_of(number_request({2})) == store_error::unavailable);
  const auto absent = snapshot_reader::open(place.path());
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::unavailable);
  shared_postgres().start();
  commit_soon(number_request({3}));
  CHECK(read_numbers(place.path()) == numbers{1, 3});
}

TEST_CASE_METHOD(fixture, "a writer that another one followed writes no more") {
  run_beside(end_others);
  CHECK(refusal_of(number_request({1})) == store_error::unavailable);
  {
    auto follower = open_writer(place.path());
    const auto request = number_request({2});
    REQUIRE(follower.commit({&request, 1}).front());
    // While it is there, and afterwards.
    CHECK(refusal_of(number_request({3})) == store_error::unavailable);
  }
  const auto end = std::chrono::steady_clock::now() + 20s;
  auto code = store_error::unavailable;
  while (code == store_error::unavailable
         && std::chrono::steady_clock::now() < end)
    code = refusal_of(number_request({3}));
  CHECK(code == store_error::fenced);
  CHECK(refusal_of(number_request({4})) == store_error::fenced);
  CHECK(read_numbers(place.path()) == numbers{2});
}

TEST_CASE("whoever holds the fence takes the place of the writer") {
  const auto place = store_place{store_kind::postgres};
  const auto schema
    = migration_list{number_schema().front(),
                     {"lease", 1,
                      "CREATE TABLE lease (epoch INTEGER NOT NULL);"
                      "INSERT INTO lease (epoch) VALUES (1)"}};
  auto options = options_of(place);
  options.fence = {"SELECT 1 FROM lease WHERE epoch = ?1", {std::int64_t{1}}};
  auto former = store_writer::open(options, schema, {}).value();
  options.fence.parameters = {std::int64_t{2}};
  CHECK_FALSE(store_writer::open(options, schema, {}));
  run_script(*place.connect(), "UPDATE lease SET epoch = 2");
  auto next = store_writer::open(options, schema, {});
  REQUIRE(next);
  const auto request = number_request({1});
  CHECK(former.commit({&request, 1}).front().error().code
        == store_error::unavailable);
  CHECK(next->commit({&request, 1}).front());
}

TEST_CASE_METHOD(fixture, "texts that PostgreSQL does not store are refused") {
  run_beside("CREATE TABLE word (text TEXT NOT NULL)");
  const auto insert = [](const std::string& text) {
    auto request = write_request{};
    add_statement(request.transaction, "INSERT INTO word (text) VALUES (?1)",
                  {text});
    return request;
  };
  CHECK(commit(insert("M\xc3\xbcnchen \xf0\x9f\x8e\xad")));
  CHECK(refusal_of(insert(std::string{"a\0b", 3}))
        == store_error::bad_statement);
  CHECK(refusal_of(insert("\xff")) == store_error::bad_statement);
  CHECK(commit(insert(std::string(3'000'000, 'x'))));
  CHECK(number_in(place.path(), "SELECT sum(length(text)) FROM word")
        == 3'000'009);
}

TEST_CASE_METHOD(fixture, "what others hold is busy, and passes") {
  auto times = postgres_times{};
  times.lock_timeout = 50ms;
  const auto other = store_place{store_kind::postgres};
  auto impatient = postgres_group_writer::open(options_of(other),
                                               number_schema(), {}, times);
  REQUIRE(impatient);
  auto outside = blockade{other};
  auto results = std::vector<write_result>{};
  const auto group = std::vector{number_request({1})};
  const auto failure = (*impatient)->commit(group, results);
  REQUIRE(failure);
  CHECK(failure->code == store_error::busy);
  outside.lift();
  CHECK_FALSE((*impatient)->commit(group, results));
  CHECK(results.size() == 1);
}

TEST_CASE_METHOD(fixture, "a statement that takes too long is ended") {
  auto times = postgres_times{};
  times.statement_timeout = 50ms;
  const auto address = find_postgres_address(place.path()).value();
  auto connection = postgres_connection::open(
                      address, postgres_connection::access::read, times)
                      .value();
  const auto nothing = [](const sql_row&) {};
  const auto slow
    = connection->query("SELECT 1 FROM pg_sleep(600)", {}, nothing);
  REQUIRE_FALSE(slow);
  CHECK(connection->last_error() == store_error::busy);
  CHECK(connection->query("SELECT 1", {}, nothing));
}

TEST_CASE_METHOD(fixture, "more statements than a server should remember") {
  for (auto i = 0; i < 1'200; ++i) {
    auto request = write_request{};
    add_statement(request.transaction,
                  "UPDATE number SET value = ?1 WHERE value = -"
                    + std::to_string(i),
                  {std::int64_t{i}});
    REQUIRE(commit(request));
  }
  CHECK(commit(number_request({1})));
}

TEST_CASE_METHOD(fixture, "a store in PostgreSQL is durable and examined") {
  auto settings = std::string{};
  run_beside("ALTER ROLE troupe SET synchronous_commit = off");
  const auto other = store_place{store_kind::postgres};
  auto connection = other.connect();
  REQUIRE(
    connection->query("SELECT current_setting('synchronous_commit')", {},
                      [&](const sql_row& row) { settings = row.text(0); }));
  CHECK(settings == "on");
  run_beside("ALTER ROLE troupe RESET synchronous_commit");

  CHECK(check_store(place.path(), number_schema()).empty());
  CHECK(check_store(place.path(), {{"numbers", 1, "SELECT 1"}}).size() == 1);
  CHECK(backup_store(place.path(), "/tmp/never").error().kind
        == problem_kind::invalid_input);
  CHECK(writer.status().path() == options.path);
}

TEST_CASE("a state says what to do, whatever the words") {
  CHECK(classify_postgres_state("23505") == store_error::constraint);
  CHECK(classify_postgres_state("40P01") == store_error::busy);
  CHECK(classify_postgres_state("53100") == store_error::disk_full);
  CHECK(classify_postgres_state("53300") == store_error::unavailable);
  CHECK(classify_postgres_state("25006") == store_error::read_only);
  CHECK(classify_postgres_state("57P01") == store_error::unavailable);
  CHECK(classify_postgres_state("XX001") == store_error::corrupt);
  CHECK(classify_postgres_state("XX000") == store_error::failed);
  CHECK(classify_postgres_state("42P01") == store_error::bad_statement);
  CHECK(classify_postgres_state("") == store_error::unavailable);
}

TEST_CASE("an address without a store is not one") {
  const auto place = store_place{store_kind::postgres};
  const auto absent = snapshot_reader::open(place.path());
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::not_found);
  CHECK(absent.error().file.starts_with("postgresql://troupe@/postgres"));
  auto options = store_options{};
  options.path = "postgresql://u@/d?password=secret://env/TROUPE_ABSENT_SECRET";
  CHECK_FALSE(store_writer::open(options, number_schema(), {}));
  auto statements = postgres_statements{};
  CHECK_FALSE(statements.is_full());
}
