#include "runtime/store/store_check.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <numeric>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

struct fixture {
  temporary_folder folder;
  std::string path = (folder / "store.db").string();
  std::string copy = (folder / "copy.db").string();
  std::optional<store_writer> writer = open_writer(path);

  void insert(std::int64_t first, std::size_t count) {
    auto values = std::vector<std::int64_t>(count);
    std::iota(values.begin(), values.end(), first);
    const auto request = number_request(values);
    REQUIRE(writer->commit({&request, 1}).front());
  }

  /// Changes the file behind the store's back.
  void damage(std::size_t offset) {
    writer.reset();
    auto file
      = std::fstream{path, std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(static_cast<std::streamoff>(offset));
    file << std::string(64, '\xff');
    REQUIRE(file.flush());
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a sound store has no problems, in use or not") {
  insert(0, 100);
  CHECK(check_store(path, number_schema()).empty());
  writer.reset();
  CHECK(check_store(path, number_schema()).empty());
}

TEST_CASE_METHOD(fixture, "a damaged page is found") {
  insert(0, 5000);
  damage(4096 * 5);
  const auto problems = check_store(path, number_schema());
  REQUIRE_FALSE(problems.empty());
  CHECK(problems.front().file == path);
}

TEST_CASE_METHOD(fixture, "a damaged header is found") {
  damage(0);
  const auto problems = check_store(path, number_schema());
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().kind == problem_kind::invalid_input);
}

TEST_CASE_METHOD(fixture, "a row without its parent is found") {
  writer.reset();
  auto settings = sqlite_options{};
  settings.mode = open_mode::read_write;
  auto connection = sqlite_connection::open(path, settings).value();
  REQUIRE(connection->execute(
    "PRAGMA foreign_keys=OFF;"
    "CREATE TABLE child (parent BIGINT REFERENCES number (value));"
    "INSERT INTO child VALUES (5);"));
  const auto problems = check_store(path, number_schema());
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().message
        == "row 1 of child refers to a row missing from number");
}

TEST_CASE_METHOD(fixture, "a store newer than the program is found") {
  const auto known = migration_list{{"numbers", 1, "CREATE TABLE x (a)"}};
  const auto problems = check_store(path, known);
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().message.find("numbers 1") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a store that is missing is one problem") {
  const auto problems = check_store(copy, number_schema());
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().kind == problem_kind::not_found);
}

TEST_CASE_METHOD(fixture, "a backup of a store in use is a store") {
  insert(0, 5000);
  REQUIRE(backup_store(path, copy));
  insert(10'000, 10);
  CHECK(check_store(copy, number_schema()).empty());
  CHECK(read_numbers(copy).size() == 5000);
  CHECK_FALSE(std::filesystem::exists(copy + ".partial"));

  auto restored = open_writer(copy);
  const auto request = number_request({20'000});
  CHECK(restored.commit({&request, 1}).front());
}

TEST_CASE_METHOD(fixture, "a backup restores what was lost") {
  insert(0, 10);
  REQUIRE(backup_store(path, copy));
  writer.reset();
  std::filesystem::remove(path);
  REQUIRE(backup_store(copy, path));
  writer = open_writer(path);
  CHECK(read_numbers(path).size() == 10);
}

TEST_CASE_METHOD(fixture, "a backup never overwrites") {
  folder.write("copy.db", "precious");
  const auto refused = backup_store(path, copy);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::conflict);
  CHECK(read_file(copy) == "precious");
}

TEST_CASE_METHOD(fixture, "a backup of nothing leaves nothing") {
  const auto refused = backup_store((folder / "absent.db").string(), copy);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::not_found);
  CHECK_FALSE(std::filesystem::exists(copy));
  CHECK_FALSE(std::filesystem::exists(copy + ".partial"));
}

TEST_CASE_METHOD(fixture, "a backup to a full disk leaves nothing") {
  auto disk = small_disk{(folder / "disk").string()};
  if (!disk.is_mounted()) {
    WARN("skipped: mounting a small disk is not permitted here");
    return;
  }
  insert(0, 5000);
  disk.fill();
  const auto target = (folder / "disk" / "copy.db").string();
  const auto refused = backup_store(path, target);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK_FALSE(std::filesystem::exists(target));
  CHECK_FALSE(std::filesystem::exists(target + ".partial"));
  disk.empty();
  CHECK(backup_store(path, target));
}
