#include "cluster/node/node_folder.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <optional>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace fs = std::filesystem;

TEST_CASE("a node's folder is made for its owner, and is one process's") {
  const auto around = temporary_folder{};
  const auto path = around / "data/a";
  auto first = node_folder::open(path.string());
  REQUIRE(first);
  CHECK(fs::status(path).permissions() == fs::perms::owner_all);
  CHECK(first->socket() == (path / "node.sock").string());
  CHECK(first->incarnation() == (path / "incarnation").string());

  const auto second = node_folder::open(path.string());
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == runtime::problem_kind::unavailable);
  CHECK(second.error().file == path.string());
  CHECK(second.error().message.starts_with("the node's folder is in use"));
}

TEST_CASE("a node's folder is free again when its owner has gone") {
  const auto around = temporary_folder{};
  const auto path = (around / "a").string();
  REQUIRE(node_folder::open(path));
  CHECK(node_folder::open(path));
}

TEST_CASE("a node's folder that cannot be made is refused by its name") {
  const auto around = temporary_folder{};
  const auto file = around.write("file", "");
  const auto opened = node_folder::open((file / "a").string());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == runtime::problem_kind::unavailable);
  CHECK(opened.error().file == (file / "a").string());
}
