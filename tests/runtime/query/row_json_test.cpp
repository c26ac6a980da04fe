#include "runtime/query/row_json.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troupe::runtime;

namespace {

row_json make(std::vector<std::string> columns) {
  return row_json::create("db", std::move(columns)).value();
}

} // namespace

TEST_CASE("a row is one line with a key per cell that has a value") {
  auto rows = make({"a", "b", "c", "d", "e", "f"});
  auto text = std::string{};
  rows.begin(text);
  rows.integer(0, std::numeric_limits<std::int64_t>::min());
  rows.real(1, 0.1);
  REQUIRE(rows.text(2, "x\"\n\xC3\xA4"));
  rows.boolean(3, true);
  REQUIRE(rows.decimal(5, "12345678901234567890.10"));
  rows.end();
  rows.begin(text);
  rows.end();
  CHECK(text
        == "{\"a\":-9223372036854775808,\"b\":0.1,\"c\":\"x\\\"\\n\xC3\xA4\","
           "\"d\":true,\"f\":12345678901234567890.10}\n{}\n");
}

TEST_CASE("numbers that JSON does not have are texts") {
  auto rows = make({"a", "b", "c"});
  auto text = std::string{};
  rows.begin(text);
  rows.real(0, std::numeric_limits<double>::infinity());
  REQUIRE(rows.decimal(1, "NaN"));
  REQUIRE(rows.decimal(2, "-Infinity"));
  rows.end();
  CHECK(text == "{\"a\":\"inf\",\"b\":\"NaN\",\"c\":\"-Infinity\"}\n");
}

TEST_CASE("JSON is embedded on one line") {
  auto rows = make({"a"});
  auto text = std::string{};
  rows.begin(text);
  REQUIRE(rows.json(0, "{\r\n  \"x\": [1,\n 2], \"y\": \"\\n\"}"));
  rows.end();
  CHECK(text == "{\"a\":{    \"x\": [1,  2], \"y\": \"\\n\"}}\n");
}

TEST_CASE("a cell that has no form is refused with row and column") {
  auto rows = make({"a", "b"});
  auto text = std::string{};
  rows.begin(text);
  rows.end();
  rows.begin(text);
  for (const auto& refused : {rows.json(1, "{\"x\": }"), rows.json(1, ""),
                              rows.text(1, "\xFF"), rows.bytes(1)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == problem_kind::invalid_input);
    CHECK(refused.error().file == "db");
    CHECK(refused.error().line == 2);
    CHECK(refused.error().key == "b");
    CHECK_FALSE(refused.error().hint.empty());
  }
}

TEST_CASE("columns need names of their own") {
  const auto twice = row_json::create("db", {"a", "b", "a"});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().kind == problem_kind::invalid_input);
  CHECK(twice.error().key == "a");
  CHECK_FALSE(row_json::create("db", {"a", ""}));
  CHECK_FALSE(row_json::create("db", {"\xFF"}));
}
