#include "runtime/config/secrets.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <sstream>
#include <string>
#include <type_traits>

using namespace troupe::runtime;

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& value) {
  out << value;
};

outcome<secret> resolve(const std::string& text,
                        const environment_map& environment = {}) {
  return parse_secret_reference(text).and_then([&](const auto& reference) {
    return resolve_secret(reference, environment);
  });
}

} // namespace

TEST_CASE("a secret neither prints nor turns into text by itself") {
  CHECK_FALSE(printable<secret>);
  CHECK_FALSE(std::is_convertible_v<secret, std::string>);
  CHECK_FALSE(std::is_convertible_v<secret, std::string_view>);
}

TEST_CASE("a secret comes from the environment") {
  CHECK(resolve("secret://env/TOKEN", {{"TOKEN", "t"}})->reveal() == "t");
  CHECK(resolve("secret://env/TOKEN").error().kind == problem_kind::not_found);
  CHECK(resolve("secret://env/TOKEN", {{"TOKEN", ""}}).error().kind
        == problem_kind::not_found);
}

TEST_CASE("a secret comes from a file that only its owner may access") {
  const auto folder = troupe::tests::temporary_folder{};
  const auto path = folder.write("token", "s3cret\n");
  const auto reference = "secret://file" + path.string();
  using std::filesystem::perms;

  std::filesystem::permissions(path, perms::owner_read);
  CHECK(resolve(reference)->reveal() == "s3cret");

  const auto open = GENERATE(perms::group_read, perms::others_read,
                             perms::group_write, perms::others_exec);
  std::filesystem::permissions(path, perms::owner_read | open);
  const auto refused = resolve(reference);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::denied);
  CHECK(refused.error().file == path.string());
}

TEST_CASE("what is no proper file holds no secret") {
  const auto folder = troupe::tests::temporary_folder{};
  CHECK(resolve("secret://file" + (folder / "none").string()).error().kind
        == problem_kind::not_found);
  const auto empty = folder.write("empty", "\n");
  std::filesystem::permissions(empty, std::filesystem::perms::owner_read);
  CHECK(resolve("secret://file" + empty.string()).error().kind
        == problem_kind::not_found);
  CHECK_FALSE(resolve("secret://file" + folder.path().string()));
  CHECK(resolve("secret://file/dev/null").error().kind == problem_kind::denied);
}

TEST_CASE("an error about a reference does not quote it") {
  const auto text
    = GENERATE(as<std::string>{}, "hunter2", "secret://env/", "secret://file/",
               "secret://vault/hunter2", "secret://env/hunter2 x", "");
  const auto refused = parse_secret_reference(text);
  REQUIRE_FALSE(refused);
  CHECK(render(refused.error()).find("hunter2") == std::string::npos);
}
