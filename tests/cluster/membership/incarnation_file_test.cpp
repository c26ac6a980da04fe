#include "cluster/membership/incarnation_file.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace troupe::cluster;
using namespace troupe::tests;
using troupe::runtime::problem_kind;

TEST_CASE("each start of a node has a greater incarnation") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "incarnation").string();
  CHECK(read_incarnation(path) == 0U);
  CHECK(next_incarnation(path) == 1U);
  CHECK(next_incarnation(path) == 2U);
  CHECK(read_file(path) == "2\n");
}

TEST_CASE("an incarnation does not go back") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "incarnation").string();
  REQUIRE(write_incarnation(path, 7));
  CHECK(write_incarnation(path, 7)); // As after an answer that was lost.
  const auto refused = write_incarnation(path, 6);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::conflict);
  CHECK(read_incarnation(path) == 7U);
  CHECK(next_incarnation(path) == 8U);
}

TEST_CASE("an incarnation leaves nothing else in its folder") {
  const auto folder = temporary_folder{};
  REQUIRE(next_incarnation((folder / "incarnation").string()));
  const auto entries
    = std::distance(std::filesystem::directory_iterator{folder.path()}, {});
  CHECK(entries == 1);
}

TEST_CASE("junk is not taken for an incarnation, nor overwritten") {
  const auto folder = temporary_folder{};
  for (const auto* content :
       {"", "\n", "x", "1x", "-1", "+1", " 1", "1 ", "1\n\n", "0\n", "0x1",
        "9223372036854775807\n", "18446744073709551616\n",
        "1111111111111111111111111111111111111111"}) {
    CAPTURE(content);
    const auto path = folder.write("incarnation", content).string();
    const auto next = next_incarnation(path);
    REQUIRE_FALSE(next);
    CHECK(next.error().kind == problem_kind::invalid_input);
    CHECK_FALSE(write_incarnation(path, 1000));
    CHECK(read_file(path) == content);
  }
}

TEST_CASE("an incarnation that cannot be stored is a problem") {
  const auto folder = temporary_folder{};
  CHECK_FALSE(next_incarnation((folder / "absent" / "incarnation").string()));
  CHECK_FALSE(next_incarnation(folder.path().string()));
}
