#include "actors/engine/activity_input.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using json = nlohmann::json;

namespace {

constexpr auto colours = std::array<std::string_view, 2>{"red", "green"};

/// The problem of reading the key "x" of this value by `read`.
template <class Read>
runtime::problem problem_of(const json& value, Read read) {
  const auto with = json{{"x", value}};
  auto input = activity_input{with, {"a.yaml", 7, 3, "steps[2].with"}};
  read(input);
  const auto finished = input.finish();
  return finished ? runtime::problem{} : finished.error();
}

} // namespace

TEST_CASE("values of the right type are read") {
  const auto with = json{{"a", "text"},  {"b", "1m30s"},   {"c", "64KiB"},
                         {"d", 7},       {"e", {"x", ""}}, {"f", "green"},
                         {"g", nullptr}, {"h", {1, 9}},    {"i", false}};
  auto input = activity_input{with, {}};
  CHECK(input.text("a") == "text");
  CHECK(input.duration("b", 1h) == 90s);
  CHECK(input.bytes("c", 65'536) == 65'536);
  CHECK(input.bytes("d", 7) == 7);
  CHECK(input.texts("e") == std::vector<std::string>{"x", ""});
  CHECK(input.choice("f", colours) == 1u);
  CHECK(input.integers("h", 1, 9) == std::vector{1, 9});
  CHECK(input.boolean("i") == false);
  CHECK_FALSE(input.text("g"));
  CHECK_FALSE(input.text("absent"));
  CHECK(input.finish());
}

TEST_CASE("a value of the wrong type is a problem with its place") {
  const auto reason
    = problem_of(7, [](auto& in) { static_cast<void>(in.text("x")); });
  CHECK(reason.kind == runtime::problem_kind::invalid_input);
  CHECK(reason.file == "a.yaml");
  CHECK(reason.line == 7);
  CHECK(reason.key == "steps[2].with.x");
  CHECK(reason.message == "has to be a text, not number");
}

TEST_CASE("every reader refuses what it cannot read") {
  const auto key = std::string{"steps[2].with.x"};
  const auto text = [](auto& in) { static_cast<void>(in.text("x")); };
  const auto duration
    = [](auto& in) { static_cast<void>(in.duration("x", 1min)); };
  const auto bytes = [](auto& in) { static_cast<void>(in.bytes("x", 10)); };
  const auto texts = [](auto& in) { static_cast<void>(in.texts("x")); };
  const auto choice
    = [](auto& in) { static_cast<void>(in.choice("x", colours)); };
  const auto integers
    = [](auto& in) { static_cast<void>(in.integers("x", 1, 9)); };
  const auto boolean = [](auto& in) { static_cast<void>(in.boolean("x")); };
  CHECK(problem_of(json::array(), text).key == key);
  CHECK(problem_of("soon", duration).key == key);
  CHECK(problem_of("2m", duration).message == "is longer than 1m");
  CHECK(problem_of(-1, bytes).key == key);
  CHECK(problem_of("11", bytes).message == "is more than 10B");
  CHECK(problem_of("a b", texts).key == key);
  CHECK(problem_of({"a", 1}, texts).key == key + "[1]");
  for (const auto& wrong : {json(1), json::array({0}), json::array({10}),
                            json::array({1.5}), json::array({"a", 1})})
    CHECK(problem_of(wrong, integers).message
          == "has to be a list of whole numbers from 1 to 9");
  CHECK(problem_of("yes", boolean).message
        == "has to be true or false, not string");
  CHECK(problem_of("gren", choice).hint.find("green") != std::string::npos);
}

TEST_CASE("a key that nobody asked for is refused with the nearest one") {
  const auto with = json{{"shel", "x"}};
  auto input = activity_input{with, {}};
  CHECK_FALSE(input.text("shell"));
  const auto finished = input.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().key == "with.shel");
  CHECK(finished.error().hint.find("shell") != std::string::npos);
}

TEST_CASE("an input that is no object is refused as a whole") {
  for (const auto& with : {json{}, json(json::array()), json("x"),
                           json::parse("{", nullptr, false)}) {
    auto input = activity_input{with, {}};
    CHECK_FALSE(input.text("x"));
    const auto finished = input.finish();
    REQUIRE_FALSE(finished);
    CHECK(finished.error().key == "with");
  }
}

TEST_CASE("the first problem is the one that is told") {
  const auto with = json{{"a", 1}, {"b", 2}};
  auto input = activity_input{with, {}};
  CHECK_FALSE(input.text("b"));
  CHECK_FALSE(input.text("a"));
  CHECK(input.finish().error().key == "with.b");
}
