#include "runtime/http/access_token.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace troupe;
using namespace troupe::runtime;

namespace fs = std::filesystem;

TEST_CASE("a token is made once and kept, for its owner alone") {
  const auto folder = tests::temporary_folder{};
  const auto path = (folder / "store.token").string();
  const auto token = open_access_token(path);
  REQUIRE(token);
  CHECK(token->size() == 64);
  CHECK(fs::status(path).permissions()
        == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(open_access_token(path) == token);
  CHECK(open_access_token((folder / "other.token").string()) != token);
}

TEST_CASE("a token that others may read is refused") {
  const auto folder = tests::temporary_folder{};
  const auto path = (folder / "store.token").string();
  REQUIRE(open_access_token(path));
  fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
  const auto token = open_access_token(path);
  REQUIRE_FALSE(token);
  CHECK(token.error().kind == problem_kind::denied);
  CHECK(token.error().file == path);
  CHECK_FALSE(token.error().hint.empty());
}

TEST_CASE("a file that holds no token is refused, not overwritten") {
  const auto folder = tests::temporary_folder{};
  const auto path = folder.write("store.token", "secret\n");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  const auto token = open_access_token(path.string());
  REQUIRE_FALSE(token);
  CHECK(token.error().kind == problem_kind::invalid_input);
  CHECK(tests::read_file(path) == "secret\n");
  CHECK(open_access_token((folder / "no/such/file").string()).error().kind
        == problem_kind::unavailable);
}

TEST_CASE("only the whole token opens") {
  CHECK(is_authorized("Bearer abc", "abc"));
  CHECK(is_authorized("bearer abc", "abc"));
  for (const auto* wrong :
       {"", "abc", "Bearer", "Bearer ", "Bearer abd", "Bearer ab",
        "Bearer abcd", "Basic  abc", "Bearer\tabc", "Bearer ABC"})
    CHECK_FALSE(is_authorized(wrong, "abc"));
  CHECK_FALSE(is_authorized("Bearer ", ""));
}
