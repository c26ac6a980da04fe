#include "runtime/config/json_value.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::runtime;
using nlohmann::json;

namespace {

json read(const std::string& text, std::vector<problem>& problems) {
  const auto document = yaml_document::parse(text, "f.yaml");
  REQUIRE(document);
  return read_json(document->root(), problems);
}

} // namespace

TEST_CASE("a value keeps its types as JSON") {
  auto problems = std::vector<problem>{};
  const auto value = read(
    "{a: 1, b: -2.5, c: true, d: '1', e: [x, null, {f: no}], g: ~}", problems);
  CHECK(problems.empty());
  CHECK(value == json::parse(R"({"a": 1, "b": -2.5, "c": true, "d": "1",
                           "e": ["x", null, {"f": "no"}], "g": null})"));
}

TEST_CASE("whole numbers beyond 64 bits are no JSON of ours") {
  auto problems = std::vector<problem>{};
  static_cast<void>(read("a: [1, 99999999999999999999]", problems));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].key == "a[1]");
  CHECK(problems[0].message == "a whole number beyond 64 bits");
}

TEST_CASE("texts and keys may have rules of their own") {
  struct {
    json read_text(const yaml_value& /*value*/, const std::string& text,
                   const json::json_pointer& where) {
      return text + "@" + where.to_string();
    }

    void read_key(const yaml_value& /*entry*/, std::string_view key) {
      keys += key;
    }

    std::string keys;
  } rules;
  auto problems = std::vector<problem>{};
  const auto document = yaml_document::parse("{a: [x, 1], b: {c: y}}", "f");
  REQUIRE(document);
  const auto value = json_walk{rules, problems}.walk(document->root());
  CHECK(value == json::parse(R"({"a": ["x@/a/0", 1], "b": {"c": "y@/b/c"}})"));
  CHECK(rules.keys == "abc");
}
