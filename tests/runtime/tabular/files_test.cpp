#include "runtime/tabular/input_file.hpp"
#include "runtime/tabular/output_file.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <stop_token>
#include <thread>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

std::size_t files_in(const std::filesystem::path& folder) {
  auto entries = std::filesystem::directory_iterator{folder};
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

} // namespace

TEST_CASE("a file is read from front to back") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("a.csv", "hello world");
  auto file = input_file::open(path);
  REQUIRE(file);
  CHECK(file->size_bytes() == std::optional<std::uintmax_t>{11});
  CHECK(file->name() == path.string());
  auto buffer = std::array<char, 6>{};
  CHECK(file->read(buffer).value() == 6);
  CHECK(std::string_view{buffer.data(), 6} == "hello ");
  auto source = std::move(*file).into_source();
  CHECK(source(buffer).value() == 5);
  CHECK(source(buffer).value() == 0);
}

TEST_CASE("parts of a file can be read again, also once it is gone") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("a.csv", "hello world");
  auto file = input_file::open(path);
  REQUIRE(file);
  const auto ranges = file->ranges();
  REQUIRE(ranges);
  auto buffer = std::array<char, 5>{};
  CHECK(file->read(buffer).value() == 5);
  auto source = std::move(*file).into_source();
  std::filesystem::remove(path);
  CHECK((*ranges)(6, buffer).value() == 5);
  CHECK(std::string_view{buffer.data(), 5} == "world");
  CHECK((*ranges)(9, buffer).value() == 2);
  CHECK((*ranges)(11, buffer).value() == 0);
  // Whoever reads from the front does not notice.
  CHECK(source(buffer).value() == 5);
  CHECK(std::string_view{buffer.data(), 5} == " worl");
}

TEST_CASE("what is no file has no parts to read again") {
  CHECK_FALSE(input_file::open("/dev/null").value().ranges());
  CHECK_FALSE(input_file::open("-").value().ranges());
}

TEST_CASE("what cannot be opened says why") {
  const auto folder = temporary_folder{};
  const auto missing = input_file::open(folder / "missing.csv");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == problem_kind::not_found);
  CHECK(missing.error().file == (folder / "missing.csv").string());
  CHECK_FALSE(missing.error().hint.empty());
  const auto directory = input_file::open(folder.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().kind == problem_kind::invalid_input);
}

TEST_CASE("a device has no size") {
  auto file = input_file::open("/dev/null");
  REQUIRE(file);
  CHECK_FALSE(file->size_bytes());
}

TEST_CASE("a file gets its name only when committed") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("out.csv", "old");
  for (const auto durability :
       {file_durability::process_crash, file_durability::power_loss}) {
    auto file = output_file::create(path);
    REQUIRE(file);
    REQUIRE(file->write("new"));
    CHECK(read_file(path) != "newer");
    REQUIRE(file->write("er"));
    CHECK(file->bytes_written() == 5);
    REQUIRE(file->commit(durability));
    CHECK(read_file(path) == "newer");
    folder.write("out.csv", "old");
  }
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a file that is not committed leaves no trace") {
  const auto folder = temporary_folder{};
  {
    auto file = output_file::create(folder / "out.csv");
    REQUIRE(file);
    REQUIRE(file->write("half"));
    auto moved = std::move(*file);
    CHECK(files_in(folder.path()) == 1);
    CHECK_FALSE(std::filesystem::exists(folder / "out.csv"));
  }
  CHECK(files_in(folder.path()) == 0);
}

TEST_CASE("where nothing can be written says why") {
  const auto folder = temporary_folder{};
  const auto missing = output_file::create(folder / "no/out.csv");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == problem_kind::not_found);
  const auto directory = output_file::create(folder.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().kind == problem_kind::invalid_input);
}

TEST_CASE("a full disk is unavailable, and a device stays one") {
  if (!std::filesystem::exists("/dev/full")) {
    WARN("skipped: there is no /dev/full");
    return;
  }
  auto file = output_file::create("/dev/full");
  REQUIRE(file);
  const auto written = file->write("x");
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == problem_kind::unavailable);
  REQUIRE(file->commit());
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("a symbolic link stays one and its target is replaced") {
  const auto folder = temporary_folder{};
  const auto target = folder.write("target.csv", "old");
  std::filesystem::create_symlink("target.csv", folder / "link.csv");
  auto file = output_file::create(folder / "link.csv");
  REQUIRE(file);
  REQUIRE(file->write("new"));
  REQUIRE(file->commit());
  CHECK(std::filesystem::is_symlink(folder / "link.csv"));
  CHECK(read_file(target) == "new");
}

TEST_CASE("a stop request ends the wait for a silent pipe") {
  const auto folder = temporary_folder{};
  const auto path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  // Both ends, so that opening does not wait either.
  const auto both = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(both >= 0);
  auto stop = std::stop_source{};
  auto source = input_file::open(path).value().into_source(stop.get_token());
  REQUIRE(::write(both, "hello", 5) == 5);
  auto buffer = std::array<char, 5>{};
  CHECK(source(buffer).value() == 5);
  auto asking = std::thread{[&] { stop.request_stop(); }};
  const auto read = source(buffer);
  asking.join();
  ::close(both);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == problem_kind::interrupted);
}
