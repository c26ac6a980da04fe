#include "actors/engine/foreign_json.hpp"

#include <catch2/catch.hpp>

#include <string>

using json = nlohmann::json;
using troupe::engine::parse_foreign_json;

TEST_CASE("JSON from outside is read, and nothing is null") {
  CHECK(parse_foreign_json(" {\"a\": [1, null]}\n").value()
        == json{{"a", {1, nullptr}}});
  CHECK(parse_foreign_json("").value() == nullptr);
  CHECK(parse_foreign_json(" \r\n\t").value() == nullptr);
}

TEST_CASE("what is no JSON is refused without showing it") {
  for (const auto* text : {"done", "1 2", "{", "\"\xff\"", "NaN"}) {
    const auto value = parse_foreign_json(text);
    REQUIRE_FALSE(value);
    CHECK(value.error().message.starts_with("is not JSON, at byte "));
    CHECK(value.error().message.find("done") == std::string::npos);
  }
}

TEST_CASE("a number that no type holds is refused") {
  CHECK(parse_foreign_json("1e308").value() == 1e308);
  for (const auto* text : {"1e999", "{\"a\": [-1e400]}"})
    CHECK(parse_foreign_json(text).error().message
          == "is JSON with a number beyond those of 64 bits");
}

TEST_CASE("JSON from outside is not deeper than a stack") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_foreign_json(nested(256)));
  CHECK_FALSE(parse_foreign_json(nested(258)));
  CHECK(parse_foreign_json(nested(100'000)).error().message
        == "is JSON of more than 256 levels");
}
