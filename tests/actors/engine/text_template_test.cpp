#include "actors/engine/text_template.hpp"
#include "tests/actors/engine/random_expressions.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::engine {

TEST_CASE("a text is split into texts and expressions") {
  const auto read
    = text_template::parse("a ${inputs.x}${'}'} $5 $${b} {c}", {});
  REQUIRE(read);
  REQUIRE(read->parts.size() == 4);
  CHECK(std::get<std::string>(read->parts[0]) == "a ");
  CHECK(std::get<expression>(read->parts[1]).print() == "inputs.x");
  CHECK(std::get<expression>(read->parts[2]).print() == "'}'");
  CHECK(std::get<std::string>(read->parts[3]) == " $5 ${b} {c}");
  CHECK(read->whole() == nullptr);
  CHECK(read->print() == "a ${inputs.x}${'}'} $5 $${b} {c}");
}

TEST_CASE("a text of one expression is whole") {
  const auto read = text_template::parse("${ inputs.x }", {});
  REQUIRE(read);
  REQUIRE(read->whole() != nullptr);
  CHECK(read->print() == "${inputs.x}");
}

TEST_CASE("a broken expression is refused with its place and its text") {
  const auto place = source_place{"w.yaml", 4, 9, "steps[1].when"};
  for (const auto* text : {"a ${inputs.x", "${}", "${inputs}", "x ${1 +} y",
                           "${a", "${", "\xff"}) {
    CAPTURE(text);
    const auto read = text_template::parse(text, place);
    REQUIRE_FALSE(read);
    CHECK(read.error().file == "w.yaml");
    CHECK(read.error().line == 4);
    CHECK(read.error().column == 9);
    CHECK(read.error().key == "steps[1].when");
  }
}

TEST_CASE("places make no difference between templates") {
  const auto here = text_template::parse("${inputs.x}", {"a", 1, 1, "k"});
  const auto there = text_template::parse("${inputs.x}", {"b", 2, 2, "l"});
  CHECK(here.value() == there.value());
  CHECK_FALSE(here.value() == text_template::parse("${inputs.y}", {}).value());
}

TEST_CASE("any text reads back from what it prints") {
  auto random = draws{5};
  constexpr auto pieces = std::to_array<std::string_view>(
    {"$", "{", "}", "${", "$${", "a", "é", "\n", "${1}", "${inputs.a}", "'"});
  auto accepted = 0;
  for (auto round = 0; round < 10'000; ++round) {
    auto text = std::string{};
    for (auto left = random.below(8); left > 0; --left)
      text += pieces[random.below(pieces.size())];
    CAPTURE(text);
    const auto read = text_template::parse(text, {});
    if (!read)
      continue;
    ++accepted;
    const auto again = text_template::parse(read->print(), {});
    REQUIRE(again);
    CHECK(*again == *read);
    CHECK(again->print() == read->print());
  }
  CHECK(accepted > 1'000);
}

} // namespace troupe::engine
