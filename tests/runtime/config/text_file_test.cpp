#include "runtime/config/text_file.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

using namespace troupe::runtime;

TEST_CASE("a text file is read whole") {
  const auto folder = troupe::tests::temporary_folder{};
  const auto content = std::string(100'000, 'x') + "\n";
  const auto path = folder.write("a.txt", content).string();
  CHECK(read_text_file(path, content.size()) == content);
}

TEST_CASE("a file above its limit is refused") {
  const auto folder = troupe::tests::temporary_folder{};
  const auto path = folder.write("a.txt", "12345").string();
  const auto read = read_text_file(path, 4);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == problem_kind::invalid_input);
  CHECK(read.error().file == path);
}

TEST_CASE("a file that is not there, or none at all, is told apart") {
  const auto folder = troupe::tests::temporary_folder{};
  CHECK(read_text_file((folder / "none").string(), 10).error().kind
        == problem_kind::not_found);
  CHECK(read_text_file(folder.path().string(), 10).error().kind
        == problem_kind::invalid_input);
}

TEST_CASE("a file without permission is denied") {
  if (::geteuid() == 0) {
    WARN("skipped: root may read everything");
    return;
  }
  const auto folder = troupe::tests::temporary_folder{};
  const auto path = folder.write("a.txt", "secret");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  CHECK(read_text_file(path.string(), 10).error().kind == problem_kind::denied);
}

TEST_CASE("a regular file is read, and a pipe is not waited for") {
  const auto folder = troupe::tests::temporary_folder{};
  const auto path = folder.write("a.txt", "12345").string();
  CHECK(read_regular_file(path, 5) == "12345");
  CHECK_FALSE(read_regular_file(path, 4));
  CHECK(read_regular_file((folder / "none").string(), 5).error().kind
        == problem_kind::not_found);
  CHECK(read_regular_file(folder.path().string(), 5).error().message
        == "is a folder, not a file");
  const auto pipe = (folder / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto refused = read_regular_file(pipe, 5);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
  CHECK(refused.error().file == pipe);
}

TEST_CASE("a private file is a regular one of ours that nobody else reads") {
  const auto folder = troupe::tests::temporary_folder{};
  const auto path = folder.write("a.txt", "12345");
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
  CHECK(read_private_file(path.string(), 5) == "12345");
  CHECK_FALSE(read_private_file(path.string(), 4));
  std::filesystem::permissions(path, perms::owner_read | perms::group_read);
  CHECK(read_private_file(path.string(), 5).error().kind
        == problem_kind::denied);
  const auto pipe = (folder / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(read_private_file(pipe, 5).error().kind == problem_kind::denied);
}
