#include "runtime/store/snapshot_reader.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

struct fixture {
  temporary_folder folder;
  std::string path = (folder / "store.db").string();
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

TEST_CASE_METHOD(fixture, "a reader knows which tables there are") {
  auto reader = snapshot_reader::open(path).value();
  CHECK(reader.has_table("number").value());
  CHECK_FALSE(reader.has_table("absent").value());
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
