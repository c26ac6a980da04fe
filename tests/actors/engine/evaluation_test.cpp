#include "actors/engine/evaluation.hpp"
#include "actors/engine/number_arithmetic.hpp"
#include "actors/engine/value_size.hpp"
#include "tests/actors/engine/random_expressions.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;

expression_values some_values() {
  auto values = expression_values{};
  values.inputs = json::parse(R"({"n": 7, "x": 2.5, "t": "text", "yes": true,
    "none": null, "list": [1, [2, 3]], "deep": {"a b": {"c": [10, 20]}},
    "huge": 18446744073709551615})");
  values.steps["done"]
    = {json::parse(R"({"items": 3, "file": "out.csv"})"), "succeeded", 0, 2};
  values.steps["left"] = {std::nullopt, "skipped", 0, 0};
  values.item = json("element");
  values.run_id = "run-1";
  return values;
}

evaluated<json> value_of(std::string_view text) {
  const auto read = expression::parse(text);
  if (!read)
    FAIL(text << ": " << runtime::render(read.error()));
  return evaluate(*read, some_values());
}

json get(std::string_view text) {
  auto value = value_of(text);
  if (!value)
    FAIL(text << ": " << runtime::render(value.error().reason));
  return std::move(*value);
}

evaluation_fault fault_of(std::string_view text) {
  CAPTURE(text);
  const auto value = value_of(text);
  REQUIRE_FALSE(value);
  CHECK_FALSE(value.error().reason.message.empty());
  return value.error();
}

text_template template_of(std::string_view text) {
  return text_template::parse(text, {"w.yaml", 3, 5, "steps[0].with.url"})
    .value();
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("paths lead to values") {
  CHECK(get("inputs.n") == 7);
  CHECK(get("inputs.list[1][0]") == 2);
  CHECK(get("inputs.deep['a b'].c[1]") == 20);
  CHECK(get("steps.done.output.items") == 3);
  CHECK(get("steps.done.state") == "succeeded");
  CHECK(get("steps.done.attempts") == 2);
  CHECK(get("steps.left.failed") == 0);
  CHECK(get("item") == "element");
  CHECK(get("run.id") == "run-1");
}

TEST_CASE("a value that is not there is missing, one of a later time unknown") {
  for (const auto* text : {"inputs.other", "inputs.list[5]", "inputs.list.a",
                           "inputs.deep[0]", "inputs.n.a", "item.a",
                           "steps.left.output", "steps.done.output.none"}) {
    const auto fault = fault_of(text);
    CHECK(fault.kind == fault_kind::missing);
    CHECK(mentions(fault.reason.hint, "default("));
  }
  CHECK(fault_of("steps.later.output").kind == fault_kind::unknown);
  CHECK(fault_of("default(steps.later.output, 1)").kind == fault_kind::unknown);
}

TEST_CASE("default replaces what is missing or null, and nothing else") {
  CHECK(get("default(inputs.other, 5)") == 5);
  CHECK(get("default(inputs.none, 5)") == 5);
  CHECK(get("default(inputs.n, 5)") == 7);
  CHECK(get("default(inputs.other.x + 1, 5)") == 5);
  CHECK(get("default(steps.left.output.list, [])") == json::array());
  CHECK(fault_of("default(1 / 0, 5)").kind == fault_kind::refused);
}

TEST_CASE("truth is decided from left to right") {
  CHECK(get("true || 1 / 0 == 0") == true);
  CHECK(get("false && inputs.other") == false);
  CHECK(get("!inputs.yes || inputs.n == 7") == true);
  CHECK(fault_of("1 && true").kind == fault_kind::refused);
  CHECK(fault_of("true && 1").kind == fault_kind::refused);
  CHECK(fault_of("!'true'").kind == fault_kind::refused);
}

TEST_CASE("numbers are compared by value, exactly") {
  CHECK(get("1 == 1.0") == true);
  CHECK(get("9223372036854775807 < 9223372036854775808.0") == true);
  CHECK(get("9223372036854775807 == 9223372036854775808.0") == false);
  CHECK(get("-9223372036854775808 == -9223372036854775808.0") == true);
  CHECK(get("9007199254740993 > 9007199254740992.0") == true);
  CHECK(get("2.5 > 2 && 2 < 2.5 && -2.5 < -2") == true);
  CHECK(get("inputs.huge > 9223372036854775807") == true);
  CHECK(get("inputs.huge == inputs.huge") == true);
  CHECK(get("'a' < 'b' && 'Z' < 'a' && '' <= ''") == true);
  CHECK(get("'1' == 1") == false);
  CHECK(get("null == null && inputs.none == null") == true);
  CHECK(get("[1, 'a'] == [1.0, 'a']") == true);
  CHECK(get("inputs.deep == inputs.deep") == true);
  CHECK(get("inputs.deep != inputs.list") == true);
  for (const auto* text : {"1 < 'a'", "null < 1", "true < false", "[1] < [2]"})
    CHECK(fault_of(text).kind == fault_kind::refused);
}

TEST_CASE("arithmetic is exact or says why it cannot be") {
  CHECK(get("1 + 2 * 3 - 4") == 3);
  CHECK(get("7 / 2") == 3.5);
  CHECK(get("8 / 2").dump() == "4");
  CHECK(get("-7 % 3") == -1);
  CHECK(get("7 % -3") == 1);
  CHECK(get("-9223372036854775808 % -1") == 0);
  CHECK(get("inputs.x * 2") == 5.0);
  CHECK(get("-inputs.n") == -7);
  CHECK(get("'a' + 'b' + inputs.t") == "abtext");
  for (const auto* text :
       {"9223372036854775807 + 1", "-9223372036854775808 - 1",
        "9223372036854775807 * 2", "-9223372036854775808 / -1",
        "-(-9223372036854775808)", "1 / 0", "1 % 0", "1.5 / 0", "1 / 0.0",
        "1.5 % 2", "1e308 * 10", "1 + 'a'", "'a' - 'b'", "null + 1", "-'a'",
        "true + true", "[1] + [2]"})
    CHECK(fault_of(text).kind == fault_kind::refused);
  CHECK(mentions(fault_of("1 + 'a'").reason.hint, "${x}"));
}

TEST_CASE("arithmetic at the ends of its range has no undefined results") {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  for (const auto left : {low, low + 1, std::int64_t{-1}, std::int64_t{0},
                          std::int64_t{1}, high - 1, high})
    for (const auto right : {low, std::int64_t{-1}, std::int64_t{0},
                             std::int64_t{1}, std::int64_t{2}, high})
      for (const auto kind :
           {expression_kind::add, expression_kind::subtract,
            expression_kind::multiply, expression_kind::divide,
            expression_kind::remainder}) {
        const auto value = compute(kind, json(left), json(right));
        __extension__ using wide = __int128;
        const auto fits = [](wide exact) {
          return exact >= wide{low} && exact <= wide{high};
        };
        if (kind == expression_kind::add)
          CHECK(value.has_value() == fits(wide{left} + right));
        if (kind == expression_kind::subtract)
          CHECK(value.has_value() == fits(wide{left} - right));
        if (kind == expression_kind::multiply)
          CHECK(value.has_value() == fits(wide{left} * right));
        if (kind == expression_kind::remainder)
          CHECK(value.has_value() == (right != 0));
      }
}

TEST_CASE("len counts characters, elements and keys") {
  CHECK(get("len('aé€')") == 3);
  CHECK(get("len(inputs.list)") == 2);
  CHECK(get("len(inputs.deep)") == 1);
  CHECK(get("len([])") == 0);
  CHECK(fault_of("len(1)").kind == fault_kind::refused);
}

TEST_CASE("a single expression keeps its type, a mixed text is text") {
  const auto values = some_values();
  CHECK(evaluate(template_of("${inputs.list}"), values).value()
        == json::parse("[1, [2, 3]]"));
  CHECK(evaluate(template_of("a ${inputs.n} ${inputs.x} ${inputs.yes}"), values)
          .value()
        == "a 7 2.5 true");
  CHECK(evaluate(template_of("${inputs.list}!"), values).value()
        == "[1,[2,3]]!");
  CHECK(evaluate(template_of("$${x}"), values).value() == "${x}");
  CHECK(evaluate(template_of(""), values).value() == "");
}

TEST_CASE("a fault names the expression and its place") {
  const auto value = evaluate(template_of("a ${inputs.none} b"), some_values());
  REQUIRE_FALSE(value);
  const auto& reason = value.error().reason;
  CHECK(reason.file == "w.yaml");
  CHECK(reason.line == 3);
  CHECK(reason.column == 5);
  CHECK(reason.key == "steps[0].with.url");
  CHECK(mentions(reason.message, "${inputs.none}"));
  CHECK(mentions(reason.hint, "default("));
  const auto truth = evaluate_truth(template_of("${inputs.n}"), some_values());
  REQUIRE_FALSE(truth);
  CHECK(truth.error().reason.line == 3);
  CHECK(evaluate_truth(template_of("${inputs.n > 5}"), some_values()).value());
}

TEST_CASE("a value is made of its templates, secrets stay as written") {
  auto what = value_template{};
  what.written
    = json::parse(R"({"a": ["${inputs.n}", "x"], "token": "secret://env/T"})");
  what.templates.push_back(
    {json::json_pointer{"/a/0"}, template_of("${inputs.n}")});
  what.secrets.push_back(json::json_pointer{"/token"});
  CHECK(evaluate(what, some_values()).value()
        == json::parse(R"({"a": [7, "x"], "token": "secret://env/T"})"));
}

TEST_CASE("a result has a bound") {
  auto values = expression_values{};
  values.inputs["big"] = std::string(result_bytes_max / 2 + 1, 'a');
  const auto refused = [&](const auto& what) {
    const auto value = evaluate(what, values);
    return !value && value.error().kind == fault_kind::refused;
  };
  CHECK(refused(expression::parse("inputs.big + inputs.big").value()));
  CHECK(refused(template_of("${inputs.big}${inputs.big}")));
  auto both = value_template{};
  both.written = json::parse(R"(["", ""])");
  for (const auto* where : {"/0", "/1"})
    both.templates.push_back(
      {json::json_pointer{where}, template_of("${inputs.big}")});
  CHECK(refused(both));
}

TEST_CASE("a value of any depth can be measured") {
  constexpr auto depth = std::size_t{100'000};
  auto text = std::string(depth, '[') + std::string(depth, ']');
  CHECK(measure(json::parse(text)).depth == depth);
  CHECK(measure(json::parse(R"({"a": [1, {}]})")).depth == 3);
  CHECK(measure(json(1)).depth == 0);
  CHECK(measure(json("abc")).bytes == 5);
}

TEST_CASE("any expression has a value or a fault") {
  auto random = draws{99};
  const auto values = some_values();
  auto valued = 0;
  for (auto round = 0; round < 20'000; ++round) {
    const auto made = random_expression(random, random.below(5));
    const auto value = evaluate(made, values);
    if (value)
      ++valued;
    else
      CHECK_FALSE(value.error().reason.message.empty());
  }
  CHECK(valued > 1'000);
}

} // namespace troupe::engine
