#include "actors/engine/expression.hpp"
#include "actors/engine/expression_scanner.hpp"
#include "actors/engine/literal_text.hpp"
#include "actors/engine/value_path.hpp"
#include "tests/actors/engine/random_expressions.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::engine {

namespace {

expression parse(std::string_view text) {
  auto read = expression::parse(text);
  if (!read)
    FAIL(text << ": " << runtime::render(read.error()));
  return std::move(*read);
}

runtime::problem refuse(std::string_view text) {
  CAPTURE(text);
  const auto read = expression::parse(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == runtime::problem_kind::invalid_input);
  CHECK_FALSE(read.error().message.empty());
  return read.error();
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string times(std::size_t count, std::string_view text) {
  auto result = std::string{};
  for (; count > 0; --count)
    result += text;
  return result;
}

} // namespace

TEST_CASE("an expression prints in its shortest usual form") {
  using pair = std::pair<std::string_view, std::string_view>;
  for (const auto& [written, printed] : {
         pair{"  1+2 * 3 ", "1 + 2 * 3"},
         pair{"(1+2)*3", "(1 + 2) * 3"},
         pair{"1-(2-3)", "1 - (2 - 3)"},
         pair{"(1-2)-3", "1 - 2 - 3"},
         pair{"!(inputs.a&&inputs.b)||true", "!(inputs.a && inputs.b) || true"},
         pair{"(1 < 2) == true", "(1 < 2) == true"},
         pair{"- 5", "-(5)"},
         pair{"-5", "-5"},
         pair{"2 - -5", "2 - -5"},
         pair{"--inputs.a", "--inputs.a"},
         pair{"\"it's\"", "'it\\'s'"},
         pair{"'a\\tb'", "'a\\tb'"},
         pair{"1.50e1", "15.0"},
         pair{"[1,'a',[],null]", "[1, 'a', [], null]"},
         pair{"default( len( item ),0)", "default(len(item), 0)"},
         pair{"steps[\"fetch\"].output['a b'][ 3 ].c",
              "steps.fetch.output['a b'][3].c"},
         pair{"steps.fetch-all.state", "steps.fetch-all.state"},
         pair{"inputs.a-1", "inputs.a-1"},
         pair{"inputs.a - 1", "inputs.a - 1"},
         pair{"item-1", "item - 1"},
         pair{"run.id", "run.id"},
       }) {
    CAPTURE(written);
    CHECK(parse(written).print() == printed);
  }
}

TEST_CASE("a dash within a name belongs to it") {
  CHECK(parse("inputs.a-1").paths().front().name == "a-1");
  CHECK(parse("inputs.a -1").paths().front().name == "a");
  CHECK(parse("inputs.a- 1").paths().front().name == "a");
  CHECK(is_plain_name("a-b_c-9"));
  for (const auto* name : {"", "-a", "a-", "a--b", "9a", "a b", "a.b", "é"})
    CHECK_FALSE(is_plain_name(name));
}

TEST_CASE("paths are listed in the order of the text") {
  const auto paths = parse("inputs.b + len(steps.s.output) > item.x").paths();
  REQUIRE(paths.size() == 3);
  CHECK(print(paths[0]) == "inputs.b");
  CHECK(print(paths[1]) == "steps.s.output");
  CHECK(print(paths[2]) == "item.x");
}

TEST_CASE("what is no expression is refused with its column and a hint") {
  CHECK(refuse("1 + ").column == 5);
  CHECK(mentions(refuse("inptus.x").hint, "inputs"));
  CHECK(mentions(refuse("lenn(item)").hint, "\"len\""));
  CHECK(mentions(refuse("defalt(item, 1)").hint, "\"default\""));
  CHECK(mentions(refuse("steps.a.ouput").hint, "\"output\""));
  CHECK(mentions(refuse("run.name").hint, "id"));
  CHECK(mentions(refuse("inputs.a and inputs.b").hint, "&&"));
  CHECK(mentions(refuse("not inputs.b").hint, "!"));
  CHECK(mentions(refuse("inputs.a = 1").hint, "=="));
  CHECK(mentions(refuse("inputs.a & inputs.b").hint, "&&"));
  CHECK(mentions(refuse("inputs.a ? 1").hint, "when"));
  CHECK(mentions(refuse("1 < 2 < 3").message, "chained"));
  CHECK(mentions(refuse("1 == 2 != 3").message, "chained"));
  CHECK(mentions(refuse("HOME").hint, "$${"));
  CHECK_FALSE(mentions(refuse("organisation").hint, "||"));
  for (const auto* text : {"",
                           " ",
                           "(",
                           "(1",
                           "1)",
                           "1 2",
                           "'a",
                           "\"a'",
                           "'\\x'",
                           "[1",
                           "[item]",
                           "[1 2]",
                           "len()",
                           "len(1, 2)",
                           "default(1)",
                           "len(1",
                           "inputs",
                           "inputs.",
                           "inputs. a",
                           "inputs[1]",
                           "steps",
                           "steps.a",
                           "steps.a.state.x",
                           "steps.a.output[",
                           "steps.a.output[-1]",
                           "steps.a.output[1.5]",
                           "steps.a.output['x'",
                           "run.id.x",
                           "01",
                           "1e",
                           "5x",
                           "9223372036854775808",
                           "1e999",
                           "-9223372036854775809",
                           "&&",
                           "item[99999999999]",
                           "1 +",
                           "!",
                           "-",
                           "{}",
                           "\xff",
                           "'\xc3'"})
    refuse(text);
}

TEST_CASE("the ends of the range of whole numbers can be written") {
  CHECK(parse("-9223372036854775808").root().literal == INT64_MIN);
  CHECK(parse("9223372036854775807").root().literal == INT64_MAX);
}

TEST_CASE("size and depth are bounded") {
  const auto deep = expression_bounds.depth_max;
  CHECK(expression::parse(times(deep - 1, "(") + "1" + times(deep - 1, ")")));
  for (const auto& text :
       {times(100'000, "("), times(100'000, "!"), times(100'000, "-"),
        times(100'000, "["), times(100'000, "len("), times(100'000, "1+") + "1",
        times(100'000, "1||") + "1", "[" + times(100'000, "1,") + "1]",
        "item" + times(100'000, ".a"), "'" + times(100'000, "a") + "'",
        times(100'000, " ") + "1"})
    refuse(text);
}

TEST_CASE("an expression ends at the brace that closes it") {
  auto length = std::size_t{0};
  const auto read
    = expression::parse_before_brace("'}' == inputs.a } tail }", length);
  REQUIRE(read);
  CHECK(read->print() == "'}' == inputs.a");
  CHECK(length == 16);
  CHECK_FALSE(expression::parse_before_brace("inputs.a", length));
  CHECK_FALSE(expression::parse_before_brace("inputs.a b}", length));
  CHECK_FALSE(expression::parse_before_brace("}", length));
}

TEST_CASE("any expression reads back from what it prints") {
  auto random = draws{2024};
  for (auto round = 0; round < 4'000; ++round) {
    const auto made = random_expression(random, random.below(6));
    const auto text = made.print();
    CAPTURE(round, text);
    const auto read = expression::parse(text);
    if (!read)
      FAIL(runtime::render(read.error()));
    CHECK(*read == made);
    CHECK(read->print() == text);
  }
}

TEST_CASE("random bytes are an expression or a problem") {
  auto random = draws{7};
  constexpr auto pieces = std::to_array<std::string_view>(
    {"inputs", ".",     "a",   "[",  "]",      "(",    ")", "'",   "\"",
     "\\",     "1",     "e",   "-",  "+",      "*",    "/", "%",   "<",
     "=",      "!",     "&",   "|",  ",",      " ",    "}", "len", "default",
     "item",   "steps", "run", "id", "output", "\xc3", "é", "true"});
  auto accepted = 0;
  for (auto round = 0; round < 20'000; ++round) {
    auto text = std::string{};
    for (auto left = random.below(10) + 1; left > 0; --left)
      text += pieces[random.below(pieces.size())];
    CAPTURE(text);
    const auto read = expression::parse(text);
    if (!read) {
      CHECK_FALSE(read.error().message.empty());
      continue;
    }
    ++accepted;
    CHECK(parse(read->print()) == *read);
  }
  CHECK(accepted > 100);
}

TEST_CASE("a scanner takes one thing after the other") {
  auto in = expression_scanner{" word 'x' 12 [true] "};
  in.skip_space();
  CHECK(in.take_word() == "word");
  CHECK(in.take_literal() == "x");
  CHECK(in.take_literal() == 12);
  CHECK_FALSE(in.take("]"));
  CHECK(in.take_literal() == nlohmann::json::array({true}));
  in.skip_space();
  CHECK(in.peek() == '\0');
  CHECK(in.position() == 20);
}

} // namespace troupe::engine
