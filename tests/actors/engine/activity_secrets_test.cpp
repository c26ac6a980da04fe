#include "actors/engine/activity_secrets.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;

using json = nlohmann::json;
using pointers = std::vector<json::json_pointer>;
using runtime::problem_kind;

namespace {

runtime::outcome<runtime::secret>
resolve(const runtime::secret_reference& reference) {
  if (reference.name == "TOKEN")
    return runtime::secret{"hush-hush"};
  return runtime::fail(problem_kind::not_found, "no such secret");
}

runtime::outcome<opened_input> open(const json& with,
                                    const pointers& references) {
  const auto places
    = secret_places{[](std::string_view at) { return at.starts_with("/a/"); },
                    "not here", "but there"};
  return open_secrets(with, references, resolve, places,
                      {"a.yaml", 7, 3, "steps[0].with"});
}

} // namespace

TEST_CASE("references are replaced where they are named, and nowhere else") {
  const auto reference = std::string{"secret://env/TOKEN"};
  const auto opened
    = open({{"a", {{"x", reference}, {"y", reference}}}},
           {json::json_pointer{"/a/x"}, json::json_pointer{"/a/absent"}});
  REQUIRE(opened);
  CHECK(opened->with == json{{"a", {{"x", "hush-hush"}, {"y", reference}}}});
  REQUIRE(opened->secrets.size() == 1);
  CHECK(opened->secrets[0].reveal() == "hush-hush");
}

TEST_CASE("a secret in the wrong place, or none, is a problem with its key") {
  const auto problem_of = [](json with, const char* where) {
    const auto opened = open(with, {json::json_pointer{where}});
    return opened ? runtime::problem{} : opened.error();
  };
  auto reason = problem_of({{"b", "secret://env/TOKEN"}}, "/b");
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.message == "not here");
  CHECK(reason.hint == "but there");
  CHECK(reason.key == "steps[0].with.b");
  CHECK(reason.file == "a.yaml");
  CHECK(reason.line == 7);

  reason = problem_of({{"a", {{"x", "secret://env/OTHER"}}}}, "/a/x");
  CHECK(reason.kind == problem_kind::not_found);
  CHECK(reason.key == "steps[0].with.a.x");

  reason = problem_of({{"a", {{"x", "p4ssw0rd"}}}}, "/a/x");
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(render(reason).find("p4ssw0rd") == std::string::npos);
  CHECK(problem_of({{"a", {{"x", 1}}}}, "/a/x").kind
        == problem_kind::invalid_input);
}

TEST_CASE("what others say is shown without secrets") {
  const auto secrets
    = std::vector{runtime::secret{"hush-hush"}, runtime::secret{"other"}};
  CHECK(redactor_of(secrets).redact("a hush-hush b") == "a [redacted] b");
  CHECK(longest_of(secrets) == 9);
  CHECK(longest_of({}) == 0);
}
