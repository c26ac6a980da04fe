#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/store_writer.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

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
};

} // namespace

TEST_CASE_METHOD(fixture,
                 "a statement that ends the transaction fails its group") {
  const auto first = std::vector{number_request({1})};
  REQUIRE(writer.commit(first).front());
  auto rolls_back = write_request{};
  add_statement(rolls_back.transaction,
                "INSERT OR ROLLBACK INTO number (value) VALUES (1)");
  const auto group
    = std::vector{number_request({2}), rolls_back, number_request({3})};
  for (const auto& result : writer.commit(group))
    CHECK(code_of(result) == store_error::failed);
  const auto last = std::vector{number_request({4})};
  CHECK(writer.commit(last).front());
  CHECK(read_numbers(path) == numbers{1, 4});
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
  const auto group = std::vector{number_request({1})};
  CHECK(writer.commit(group).front());
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
