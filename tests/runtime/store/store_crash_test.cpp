#include "runtime/store/store_check.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace fs = std::filesystem;

namespace {

/// What a writing process reports once a group is committed.
struct acknowledgement {
  std::int64_t first = 0;
  std::int64_t count = 0;
  /// Size of the write-ahead log at that moment.
  std::int64_t log_bytes = 0;
};

/// Commits groups of growing numbers until it is killed or a write fails.
[[noreturn]] void write_forever(const std::string& path, std::int64_t next,
                                int report) {
  auto options = store_options{};
  options.path = path;
  auto writer = store_writer::open(options, number_schema(), {});
  auto size = std::int64_t{1};
  while (writer) {
    auto group = std::vector<write_request>{};
    for (std::int64_t i = 0; i < size; ++i)
      group.push_back(number_request({next + i}));
    for (const auto& result : writer->commit(group))
      if (!result)
        ::_exit(1);
    auto ignored = std::error_code{};
    const auto log_bytes = fs::file_size(path + "-wal", ignored);
    const auto done
      = acknowledgement{next, size, static_cast<std::int64_t>(log_bytes)};
    if (::write(report, &done, sizeof(done)) != sizeof(done))
      ::_exit(1);
    next += size;
    size = size % 7 + 1;
  }
  ::_exit(1);
}

/// Lets a process write until it has reported `groups` groups, then kills it in
/// the middle of whatever it does, after `delay`.
std::vector<acknowledgement> write_and_kill(const std::string& path,
                                            std::int64_t next,
                                            std::size_t groups,
                                            std::chrono::microseconds delay) {
  auto channel = std::array<int, 2>{};
  REQUIRE(::pipe(channel.data()) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(channel[0]);
    write_forever(path, next, channel[1]);
  }
  ::close(channel[1]);
  auto acknowledged = std::vector<acknowledgement>{};
  auto one = acknowledgement{};
  const auto receive
    = [&] { return ::read(channel[0], &one, sizeof(one)) == sizeof(one); };
  while (acknowledged.size() < groups && receive())
    acknowledged.push_back(one);
  const auto moment = std::chrono::steady_clock::now() + delay;
  while (std::chrono::steady_clock::now() < moment)
    continue;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (receive())
    acknowledged.push_back(one);
  ::close(channel[0]);
  return acknowledged;
}

/// The store at `path` as it would be had the log been lost from `bytes` on, or
/// turned to garbage there.
void tear_log(const fs::path& path, const fs::path& copy, std::uint64_t bytes,
              bool is_garbage) {
  fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
  const auto log = path.string() + "-wal";
  const auto torn = copy.string() + "-wal";
  fs::copy_file(log, torn, fs::copy_options::overwrite_existing);
  const auto size = fs::file_size(log);
  fs::resize_file(torn, bytes);
  if (is_garbage)
    std::ofstream{torn, std::ios::binary | std::ios::app}
      << std::string(size - bytes, '\x5a');
  fs::remove(copy.string() + "-shm");
}

std::int64_t end_of(const acknowledgement& group) {
  return group.first + group.count;
}

/// Whether the numbers are 0, 1, 2, ... without a gap.
bool is_prefix(const std::vector<std::int64_t>& numbers) {
  auto expected = std::vector<std::int64_t>(numbers.size());
  std::iota(expected.begin(), expected.end(), 0);
  return numbers == expected;
}

} // namespace

TEST_CASE("what was acknowledged survives 20 kills at any moment") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "store.db").string();
  auto random = std::mt19937{2};
  auto next = std::int64_t{0};
  for (auto round = 0; round < 20; ++round) {
    const auto acknowledged
      = write_and_kill(path, next, random() % 12 + 1,
                       std::chrono::microseconds{random() % 4'000});
    REQUIRE_FALSE(acknowledged.empty());
    const auto survivors = read_numbers(path);
    const auto count = static_cast<std::int64_t>(survivors.size());
    REQUIRE(is_prefix(survivors));
    // A group may be on disk already and its answer not yet sent.
    REQUIRE(count >= end_of(acknowledged.back()));
    REQUIRE(count <= end_of(acknowledged.back()) + 7);
    next = count;
  }
  CHECK(check_store(path, number_schema()).empty());
}

TEST_CASE("a torn log keeps every commit before the tear, and nothing half") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "store.db").string();
  const auto copy = (folder / "copy.db").string();
  const auto acknowledged = write_and_kill(path, 0, 40, {});
  REQUIRE(acknowledged.size() >= 40);
  const auto size = fs::file_size(path + "-wal");
  auto random = std::mt19937{3};
  for (auto round = 0; round < 60; ++round) {
    const auto tear = random() % (size + 1);
    const auto is_garbage = round % 2 == 1;
    CAPTURE(round, tear, is_garbage);
    tear_log(path, copy, tear, is_garbage);
    const auto applied = [&] {
      auto writer = open_writer(copy);
      return read_numbers(copy);
    }();
    auto durable = std::int64_t{0};
    for (const auto& group : acknowledged)
      if (static_cast<std::uint64_t>(group.log_bytes) <= tear)
        durable = end_of(group);
    REQUIRE(is_prefix(applied));
    const auto count = static_cast<std::int64_t>(applied.size());
    REQUIRE(count >= durable);
    // Groups are whole: the survivors end where some group ended.
    const auto ends_whole
      = [&](const acknowledgement& group) { return end_of(group) == count; };
    REQUIRE(
      (count == 0 || count > end_of(acknowledged.back())
       || std::any_of(acknowledged.begin(), acknowledged.end(), ends_whole)));
    REQUIRE(check_store(copy, number_schema()).empty());
  }
}
