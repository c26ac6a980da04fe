#include "actors/engine/activity_catalog.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

using nlohmann::json;

std::vector<runtime::problem> check(std::string_view activity,
                                    std::string_view with) {
  const auto* spec = built_in_activities().find(activity);
  REQUIRE(spec != nullptr);
  return check_arguments(*spec, json::parse(with));
}

} // namespace

TEST_CASE("the built-in activities are those of the language") {
  CHECK(built_in_activities().names()
        == std::vector<std::string_view>{"approval", "command", "http", "noop",
                                         "score", "signal", "simulate", "sleep",
                                         "workflow"});
  CHECK(built_in_activities().find("comand") == nullptr);
  CHECK(built_in_activities().find("command")->repeating == repetition::by_key);
  CHECK(built_in_activities().find("score")->repeating
        == repetition::idempotent);
}

TEST_CASE("a catalogue takes what subsystems register") {
  auto all = built_in_activities();
  auto spec = activity_spec{};
  spec.name = "archive";
  spec.arguments = {{"path", argument_type::text, true}};
  all.add(spec);
  REQUIRE(all.find("archive") != nullptr);
  CHECK(all.find("archive")->arguments.size() == 1);
}

TEST_CASE("right arguments are accepted") {
  for (const auto& [activity, with] :
       std::vector<std::pair<std::string_view, std::string_view>>{
         {"noop", "{}"},
         {"noop", R"({"anything": [1, null]})"},
         {"command", R"({"shell": "ls | wc -l"})"},
         {"command",
          R"({"argv": ["ls", "-l"], "env": {"A": "b", "N": 1, "X": null},
                         "grace": "10s", "output_bytes_max": "1MiB", "stdin": {}})"},
         {"http", R"({"url": "http://x", "expect": [200, 201], "body": [1],
                      "auth": {"bearer": "x"}, "timeout": "5s", "output": "text",
                      "output_bytes_max": 4096, "follow_redirects": true})"},
         {"sleep", R"({"for": "1h30m"})"},
         {"approval", R"({"roles": ["operator"]})"},
         {"workflow", R"({"id": "a/b", "inputs": {"x": 1}})"},
       }) {
    CAPTURE(activity, with);
    CHECK(check(activity, with).empty());
  }
}

TEST_CASE("wrong arguments are named, all at once") {
  const auto found = check(
    "command", R"({"argv": ["a", 1], "arg": 1, "env": {"A": []}, "grace": 5,
                   "output_bytes_max": "much"})");
  REQUIRE(found.size() == 5);
  CHECK(found[0].key == "arg");
  CHECK(found[0].hint == "did you mean \"argv\"?");
  CHECK(found[1].key == "argv[1]");
  CHECK(found[2].key == "env.A");
  CHECK(found[3].key == "output_bytes_max");
  CHECK(found[4].key == "grace");
  CHECK(check("command", "{}").size() == 1);
  CHECK(check("command", R"({"argv": "ls"})").size() == 1);
  CHECK(check("command", R"({"argv": ["ls"], "shell": "ls"})").size() == 1);
  CHECK(check("sleep", "[]").size() == 1);
  CHECK(check("sleep", R"({"for": "soon"})").size() == 1);
  CHECK(check("http", R"({"url": 1, "expect": ["x"]})").size() == 2);
  CHECK(check("http", R"({"url": "u", "follow_redirects": "yes"})").size()
        == 1);
  CHECK(check("http", R"({"url": "u", "output_bytes_max": -1})").size() == 1);
  CHECK(check("score", R"({"items": "x", "decimals": 1.5})").size() == 1);
  CHECK(check("workflow", R"({"id": "x", "inputs": []})").size() == 1);
}

} // namespace troupe::engine
