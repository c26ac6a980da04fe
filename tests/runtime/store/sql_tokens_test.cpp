#include "runtime/store/sql_tokens.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

using token_kind = sql_token::kind;

TEST_CASE("SQL falls into tokens and back") {
  const auto* const sql
    = "SELECT a.b, 'it''s ?1', \"q;\" -- ;\n/* ?2 */ FROM t WHERE x>=?12;?";
  const auto tokens = split_sql(sql);
  auto joined = std::string{};
  auto parameters = std::string{};
  auto semicolons = 0;
  for (const auto& token : tokens) {
    joined += token.text;
    if (token.type == token_kind::parameter)
      parameters += token.text;
    semicolons += token.is(';') ? 1 : 0;
  }
  CHECK(joined == sql);
  CHECK(parameters == "?12?");
  CHECK(semicolons == 1);
  CHECK(tokens.front().is("SELECT"));
  CHECK_FALSE(tokens.front().is("SELECTS"));
  CHECK(split_sql("select").front().is("SELECT"));
}

TEST_CASE("what is not closed reaches to the end of the SQL") {
  for (const auto* sql : {"'abc ?1", "\"abc", "/* abc", "-- abc"}) {
    CAPTURE(sql);
    REQUIRE(split_sql(sql).size() == 1);
    CHECK(split_sql(sql).front().text == sql);
  }
  CHECK(split_sql("").empty());
}
