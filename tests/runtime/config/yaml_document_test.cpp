#include "runtime/config/yaml_document.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <sstream>
#include <string>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

yaml_value parse(const std::string& text) {
  auto document = yaml_document::parse(text, "test.yaml");
  if (!document)
    FAIL(render(document.error()));
  return document->root();
}

problem refuse(const std::string& text, const yaml_limits& limits = {}) {
  auto document = yaml_document::parse(text, "test.yaml", limits);
  if (document)
    FAIL("accepted: " << text);
  return document.error();
}

yaml_value get(const std::string& text, std::string_view key) {
  auto value = parse(text).at(key);
  if (!value)
    FAIL(render(value.error()));
  return *value;
}

std::string render_number(const std::string& text) {
  const auto value = get("v: " + text, "v").number();
  if (!value)
    return value.error().message;
  auto out = std::ostringstream{};
  out << *value;
  return out.str();
}

} // namespace

TEST_CASE("a YAML document gives its values by key") {
  const auto root = parse("name: alpha\nlist: [1, 2]\nnested: {deep: true}\n");
  CHECK(root.at("name")->text() == "alpha");
  CHECK(root.at("list")->items()->size() == 2);
  CHECK(root.at("list")->items()->at(1).integer() == 2);
  CHECK(root.at("nested")->at("deep")->boolean() == true);
  const auto entries = root.entries();
  REQUIRE(entries);
  CHECK(entries->at(2).first == "nested");
}

TEST_CASE("JSON is read like YAML") {
  const auto root
    = parse("{\"a\":[1,{\"b\":\"\\u00e9\\n\"}],\n\t\"c\":null,\"d\":1e-3}");
  CHECK(root.at("a")->items()->at(1).at("b")->text() == "\u00e9\n");
  CHECK(root.at("c")->is_null());
  CHECK(root.at("d")->number() == 0.001);
}

TEST_CASE("an empty text is a null document") {
  CHECK(parse("").is_null());
  CHECK(parse("# only a comment\n").is_null());
}

TEST_CASE("an error tells file, line, column and key path") {
  const auto root
    = parse("criteria:\n  - id: a\n  - id: b\n    weight: heavy\n");
  const auto weight
    = root.at("criteria")->items()->at(1).at("weight").value().number();
  REQUIRE_FALSE(weight);
  CHECK(render(weight.error())
        == "test.yaml:4:13: must be a number, not \"heavy\" "
           "(key criteria[1].weight)");
  CHECK(weight.error().kind == problem_kind::invalid_input);
}

TEST_CASE("a key that is no plain word is quoted in the path") {
  const auto value = get("\"a.b\": {c: 1}", "a.b");
  CHECK(value.at("c")->path() == "[\"a.b\"].c");
}

TEST_CASE("a syntax error tells its place") {
  const auto reason = refuse("a: 1\nb: [1, 2\nc: 3\n");
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.file == "test.yaml");
  CHECK(reason.line >= 2);
}

TEST_CASE("a duplicate key is refused at its second place") {
  const auto reason = refuse("a: 1\nb: 2\nc: {x: 1, y: 2, x: 3}\n");
  CHECK(render(reason)
        == "test.yaml:3:17: the key \"x\" appears twice\n"
           "  hint: it is already on line 3");
}

TEST_CASE("what could hide something in a document is refused") {
  CHECK(refuse(std::string{"a: 1\nb: \0", 9}).line == 2);
  CHECK(refuse("a: \xff\n").message == "not valid UTF-8");
  CHECK(refuse("a: \xed\xa0\x80\n").message == "not valid UTF-8");
  CHECK(refuse("a: \xc0\xaf\n").message == "not valid UTF-8");
  CHECK(refuse("a: 1\n---\nb: 2\n").line >= 2);
  CHECK(refuse("a: !!python/object x\n").message.find("tags")
        != std::string::npos);
  CHECK(refuse("? [a, b]\n: 1\n").message.find("key") != std::string::npos);
  CHECK(refuse("~: 1\n").message == "a key is missing");
}

TEST_CASE("an alias repeats its value under its own path") {
  const auto root = parse("base: &b {x: [1, 2]}\ncopy: *b\n");
  const auto second = root.at("copy")->at("x")->items()->at(1);
  CHECK(second.integer() == 2);
  CHECK(second.path() == "copy.x[1]");
  CHECK(refuse("a: &a [*a]\n").message.find("alias") != std::string::npos);
  CHECK(refuse("a: *nobody\n").kind == problem_kind::invalid_input);
}

TEST_CASE("an alias bomb is refused by the number of its values") {
  auto bomb = std::string{"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"};
  for (auto i = 1; i < 12; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    auto list = before;
    for (auto repeat = 1; repeat < 10; ++repeat)
      list += ", " + before;
    const auto name = "a" + std::to_string(i);
    bomb += name + ": &" + name + " [" + list + "]\n";
  }
  CHECK(refuse(bomb).message == "more than 500000 values, aliases included");
}

TEST_CASE("each limit holds exactly") {
  auto limits = yaml_limits{};
  limits.nodes_max = 4;
  CHECK(yaml_document::parse("[a, b, c]", "f", limits));
  CHECK_FALSE(yaml_document::parse("[a, b, c, d]", "f", limits));

  limits = {};
  limits.depth_max = 2;
  CHECK(yaml_document::parse("[[a]]", "f", limits));
  CHECK_FALSE(yaml_document::parse("[[[a]]]", "f", limits));
  CHECK_FALSE(
    yaml_document::parse("a: &a [[x]]\nb: *a\n", "f", limits).has_value());

  limits = {};
  limits.file_bytes_max = 4;
  CHECK(yaml_document::parse("a: 1", "f", limits));
  CHECK_FALSE(yaml_document::parse("a: 12", "f", limits));
}

TEST_CASE("very deep nesting is refused, not a crash") {
  CHECK(refuse(std::string(100'000, '[')).kind == problem_kind::invalid_input);
  CHECK(refuse(std::string(100'000, '{')).kind == problem_kind::invalid_input);
  auto blocks = std::string{};
  for (auto i = 0; i < 1'000; ++i)
    blocks += "- ";
  CHECK(refuse(blocks).kind == problem_kind::invalid_input);
}

TEST_CASE("a number is plain, finite and within its range") {
  CHECK(render_number("1.5e3") == "1500");
  CHECK(render_number("+2") == "2");
  CHECK(render_number("-0.5") == "-0.5");
  CHECK(render_number(".inf") == "must be a number, not \".inf\"");
  CHECK(render_number("inf") == "must be a number, not \"inf\"");
  CHECK(render_number("nan") == "must be a number, not \"nan\"");
  CHECK(render_number("1e999") == "must be a number, not \"1e999\"");
  CHECK(render_number("1 2") == "must be a number, not \"1 2\"");
  CHECK(render_number("0x10") == "must be a number, not \"0x10\"");
  CHECK(render_number("+-1") == "must be a number, not \"+-1\"");
  CHECK(render_number("[1]") == "must be a number, not a list");
  CHECK(get("v: \"1\"", "v").number().error().hint == "remove the quotes");
  CHECK(get("v: 1.5", "v").number(0.0, 1.0).error().message
        == "must be from 0 to 1, not 1.5");
  CHECK(get("v: 1", "v").number(0.0, 1.0) == 1.0);
}

TEST_CASE("a whole number is exact and within its range") {
  CHECK(get("v: 9223372036854775807", "v").integer() == INT64_MAX);
  CHECK_FALSE(get("v: 9223372036854775808", "v").integer());
  CHECK_FALSE(get("v: 1.0", "v").integer());
  CHECK(get("v: 0", "v").integer(1).error().message
        == "must be at least 1, not 0");
  CHECK(get("v: 300", "v").as<std::uint8_t>().error().message
        == "must be from 0 to 255, not 300");
  CHECK_FALSE(get("v: -1", "v").as<std::uint64_t>());
}

TEST_CASE("only true and false are truth values") {
  CHECK(get("v: false", "v").boolean() == false);
  CHECK_FALSE(get("v: yes", "v").boolean());
  CHECK_FALSE(get("v: \"true\"", "v").boolean());
  CHECK_FALSE(get("v: 1", "v").boolean());
}

TEST_CASE("durations and sizes carry their units") {
  CHECK(get("v: 1h30m", "v").duration() == 90min);
  CHECK(get("v: 2s", "v").duration(5s, 10s).error().message
        == "must be from 5s to 10s, not 2s");
  CHECK(get("v: 90", "v").duration().error().key == "v");
  CHECK(get("v: 64MiB", "v").byte_size() == 64u << 20);
  CHECK(get("v: 2KiB", "v").byte_size(0, 1024).error().message
        == "must be at most 1KiB, not 2KiB");
  CHECK_FALSE(get("v: [1]", "v").byte_size());
}

TEST_CASE("a choice is one of its names, or the nearest is suggested") {
  constexpr auto choices = std::array<std::pair<std::string_view, int>, 2>{
    {{"minmax", 1}, {"zscore", 2}}};
  CHECK(get("v: zscore", "v").choice<int>(choices) == 2);
  const auto wrong = get("v: minmx", "v").choice<int>(choices);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message
        == "must be one of minmax, zscore, not \"minmx\"");
  CHECK(wrong.error().hint == "did you mean \"minmax\"?");
}

TEST_CASE("a missing key is an error of the mapping around it") {
  const auto reason = parse("a: {b: 1}").at("a")->at("c");
  REQUIRE_FALSE(reason);
  CHECK(reason.error().message == "the key \"c\" is missing");
  CHECK(reason.error().key == "a");
  CHECK(parse("[1]").at("c").error().message
        == "must be a mapping, not a list");
}

TEST_CASE("a foreign text is clipped in a message, between characters") {
  auto text = std::string{};
  for (auto i = 0; i < 1'000; ++i)
    text += "x\u00e9";
  const auto reason = get("v: " + text, "v").number().error();
  CHECK(reason.message.size() < 100);
  CHECK(reason.message.ends_with("x\u00e9...\""));
}

TEST_CASE("a document comes from a file, with its errors") {
  const auto folder = troupe::tests::temporary_folder{};
  const auto path = folder.write("a.yaml", "a: [1").string();
  CHECK(yaml_document::read(path).error().file == path);
  CHECK(yaml_document::read((folder / "none.yaml").string()).error().kind
        == problem_kind::not_found);
  CHECK(yaml_document::read(folder.write("b.yaml", "a: 1").string()));
}

TEST_CASE("no mutilated document does more than fail") {
  const auto whole = std::string{
    "a: &x {b: [1, \"t\\u00e9\", 'q'], c: |\n    text\n  }\n"
    "d:\n  - *x\n  - ? k\n    : >-\n      folded\n# end\n{\"j\": [null]}\n"};
  auto state = std::uint64_t{1};
  const auto draw = [&](std::size_t bound) { // Knuth's MMIX generator.
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % bound;
  };
  constexpr auto characters = std::string_view{"{}[]:,-?&*!|>'\"%@`#\n \t~a0"};
  auto refused = 0;
  for (auto round = 0; round < 3'000; ++round) {
    auto text = whole.substr(0, draw(whole.size()) + 1);
    for (auto i = std::size_t{0}; i < 4; ++i)
      text[draw(text.size())] = characters[draw(characters.size())];
    const auto document = yaml_document::parse(text, "fuzz");
    if (!document)
      ++refused;
  }
  CHECK(refused > 0);
}

TEST_CASE("a path leads to its value or as near to it as there is") {
  const auto root = parse("a:\n- b: 1\n  b.c: {d: 2}\n");
  const auto path_of = [&](std::string_view path) {
    return root.locate(path).path();
  };
  CHECK(path_of("a[0].b") == "a[0].b");
  CHECK(root.locate("a[0].b.c.d").integer() == 2);
  CHECK(path_of("a[0].x.y") == "a[0]");
  CHECK(path_of("a[1].b") == "a");
  for (const auto* path : {"a[", "a[]", "a[-1]", "a[0", "a[x]", "a."})
    CHECK(path_of(path) == "a");
  for (const auto* path : {"", ".", "[0]", "b", "ab"})
    CHECK(path_of(path).empty());
}
