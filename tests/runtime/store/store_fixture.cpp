#include "tests/runtime/store/store_fixture.hpp"

#include "runtime/store/sqlite_connection.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace troupe::tests {

using namespace troupe::runtime;

migration_list number_schema() {
  return {{"numbers", 1,
           "CREATE TABLE number (value BIGINT PRIMARY KEY NOT NULL "
           "CHECK (value >= 0), payload BLOB);"}};
}

messages::CommitTransaction
insert_numbers(const std::vector<std::int64_t>& numbers) {
  auto transaction = messages::CommitTransaction{};
  transaction.set_label("numbers");
  for (const auto number : numbers)
    add_statement(transaction, "INSERT INTO number (value) VALUES (?1)",
                  {number});
  return transaction;
}

write_request number_request(const std::vector<std::int64_t>& numbers) {
  return {insert_numbers(numbers), {}};
}

store_writer open_writer(const std::string& path) {
  auto options = store_options{};
  options.path = path;
  auto writer = store_writer::open(options, number_schema(), {});
  if (!writer)
    FAIL(render(writer.error()));
  return std::move(*writer);
}

std::vector<std::int64_t> read_numbers(const std::string& path) {
  auto reader = snapshot_reader::open(path);
  if (!reader)
    FAIL(render(reader.error()));
  auto numbers = std::vector<std::int64_t>{};
  const auto done = reader->query("SELECT value FROM number ORDER BY value", {},
                                  [&](const sqlite_row& row) {
                                    numbers.push_back(row.integer(0));
                                  });
  if (!done)
    FAIL(render(done.error()));
  return numbers;
}

void change_store(const std::string& path, const std::string& sql) {
  auto options = sqlite_options{};
  options.mode = open_mode::read_write;
  auto connection = sqlite_connection::open(path, options);
  if (!connection)
    FAIL(render(connection.error()));
  if (const auto done = (*connection)->execute(sql); !done)
    FAIL(render(done.error()));
}

std::int64_t number_in(const std::string& path, const std::string& query) {
  auto reader = snapshot_reader::open(path);
  if (!reader)
    FAIL(render(reader.error()));
  auto found = std::int64_t{-1};
  const auto done = reader->query(query, {}, [&](const sqlite_row& row) {
    found = row.integer(0);
  });
  if (!done)
    FAIL(render(done.error()));
  return found;
}

small_disk::small_disk(const std::string& folder, const std::string& size)
  : folder_{folder} {
  std::filesystem::create_directory(folder_);
  is_mounted_
    = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str())
      == 0;
}

small_disk::~small_disk() {
  if (is_mounted_)
    ::umount2(folder_.c_str(), MNT_DETACH);
}

void small_disk::fill() {
  const auto descriptor = ::open((folder_ + "/filler").c_str(),
                                 O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(descriptor >= 0);
  const auto zeros = std::array<char, 4096>{};
  while (::write(descriptor, zeros.data(), zeros.size()) > 0)
    continue;
  ::close(descriptor);
}

void small_disk::empty() {
  std::filesystem::remove(folder_ + "/filler");
}

bool small_disk::make_read_only() {
  return ::mount("", folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr)
         == 0;
}

} // namespace troupe::tests
