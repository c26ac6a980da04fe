#include "actors/simulation/layered_reader.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

std::vector<runtime::yaml_value> layers(std::vector<std::string> texts) {
  auto values = std::vector<runtime::yaml_value>{};
  for (auto i = std::size_t{0}; i < texts.size(); ++i)
    values.push_back(
      runtime::yaml_document::parse(texts[i], "layer" + std::to_string(i))
        .value()
        .root());
  return values;
}

std::string text_of(const std::optional<runtime::yaml_value>& value) {
  return value ? value->text().value() : "(none)";
}

} // namespace

TEST_CASE("mappings merge key by key, the first layer wins") {
  auto problems = std::vector<runtime::problem>{};
  auto in = layered_reader{{},
                           layers({"a: {x: 1}\nl: [1]", "a: {x: 2, y: 3}\nb: 4",
                                   "a: {y: 5, z: 6}\nl: [1, 2, 3]"}),
                           problems};
  auto a = in.section("a");
  CHECK(text_of(a.take("x")) == "1");
  CHECK(text_of(a.take("y")) == "3");
  CHECK(text_of(a.take("z")) == "6");
  CHECK(text_of(in.take("b")) == "4");
  CHECK(in.take("l")->items()->size() == 1);
  CHECK(problems.empty());
}

TEST_CASE("a null takes away what later layers say") {
  auto problems = std::vector<runtime::problem>{};
  auto in = layered_reader{
    {}, layers({"a: {x: null}\nb: null", "a: {x: 2}\nb: {y: 1}"}), problems};
  CHECK_FALSE(in.section("a").take("x"));
  CHECK(in.section("b").layers().empty());
  CHECK_FALSE(in.needed_section("b").need("y"));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].key == "b");
  CHECK(problems[0].file == "layer1");
}

TEST_CASE("problems are told where they are") {
  auto problems = std::vector<runtime::problem>{};
  auto in = layered_reader{
    {},
    layers({"a: {xx: 1}", "a: {known: 2}\nb: 3", "\n\na: {knwon: 1}"}),
    problems};
  auto a = in.section("a");
  constexpr auto known = std::to_array<std::string_view>({"known", "xx"});
  a.finish(known);
  CHECK_FALSE(a.need("other"));
  static_cast<void>(in.section("b"));
  REQUIRE(problems.size() == 3);
  CHECK(problems[0].file == "layer2");
  CHECK(problems[0].line == 3);
  CHECK(problems[0].hint.find("\"known\"") != std::string::npos);
  CHECK(problems[1].key == "a.other");
  CHECK(problems[2].file == "layer1");
  CHECK(problems[2].key == "b");
}

} // namespace troupe::simulation
