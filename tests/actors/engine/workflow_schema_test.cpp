#include "actors/engine/activity_call_file.hpp"
#include "actors/engine/activity_catalog.hpp"
#include "actors/engine/workflow_bounds.hpp"
#include "actors/engine/workflow_file.hpp"
#include "actors/engine/workflow_words.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace troupe::engine {

namespace {

using nlohmann::json;
using name_set = std::set<std::string>;

json schema() {
  return json::parse(tests::read_file(tests::source_dir()
                                      / "tools/schema/workflow.schema.json"));
}

json at(const char* pointer) {
  return schema().at(json::json_pointer{pointer});
}

name_set properties(const char* pointer) {
  auto result = name_set{};
  const auto all = at(pointer).at("properties");
  for (const auto& [name, rest] : all.items())
    result.insert(name);
  return result;
}

/// What the parser knows where a file has a key that is like no other: its hint
/// lists it.
name_set known_where(const std::string& text) {
  const auto read = parse_workflow(text, "test.yaml");
  REQUIRE_FALSE(read);
  for (const auto& reason : read.error()) {
    if (reason.message.find("qqqqqqqqqqqqqqqq") == std::string::npos)
      continue;
    REQUIRE(reason.hint.starts_with("known: "));
    auto names = std::istringstream{reason.hint.substr(7)};
    auto result = name_set{};
    for (auto name = std::string{}; std::getline(names, name, ',');)
      result.insert(name.substr(name.find_first_not_of(' ')));
    return result;
  }
  FAIL("no unknown key in " << text);
  return {};
}

template <class Choice, std::size_t Size>
name_set spellings(const std::array<spelling<Choice>, Size>& words) {
  auto result = name_set{};
  for (const auto& word : words)
    result.emplace(word.text);
  return result;
}

name_set words(const char* pointer) {
  return at(pointer).get<name_set>();
}

std::string step_with(const std::string& rest) {
  return "steps: [{id: a, activity: noop, " + rest + "}]";
}

} // namespace

TEST_CASE("schema and parser of workflows know the same keys") {
  constexpr auto unknown = "qqqqqqqqqqqqqqqq: 1";
  const auto inside
    = [&](const std::string& key) { return key + ": {" + unknown + "}"; };
  CHECK(properties("") == known_where(unknown));
  CHECK(properties("/$defs/input")
        == known_where("inputs: {x: {" + std::string{unknown} + "}}"));
  CHECK(properties("/$defs/concurrency") == known_where(inside("concurrency")));
  CHECK(properties("/$defs/failure_workflow")
        == known_where(inside("on_failure")));
  CHECK(properties("/$defs/step") == known_where(step_with(unknown)));
  CHECK(properties("/$defs/retry") == known_where(step_with(inside("retry"))));
  CHECK(properties("/$defs/timeout")
        == known_where(step_with(inside("timeout"))));
  CHECK(properties("/$defs/resources")
        == known_where(step_with(inside("resources"))));
  CHECK(properties("/$defs/placement")
        == known_where(step_with(inside("placement"))));
  CHECK(properties("/$defs/compensate")
        == known_where(step_with(inside("compensate"))));
}

TEST_CASE("schema and parser of workflows know the same words") {
  CHECK(words("/properties/priority/enum") == spellings(priority_words));
  CHECK(words("/$defs/input/properties/type/enum")
        == spellings(input_type_words));
  CHECK(words("/$defs/concurrency/properties/on_conflict/enum")
        == spellings(conflict_policy_words));
  CHECK(words("/$defs/retry/properties/jitter/enum")
        == spellings(retry_jitter_words));
  CHECK(words("/properties/on_failure/anyOf/0/enum")
        == spellings(failure_words));
  CHECK(at("/properties/apiVersion/const") == workflow_version);
  const auto names = built_in_activities().names();
  CHECK(words("/$defs/activity/anyOf/0/enum")
        == name_set{names.begin(), names.end()});
}

TEST_CASE("schema and parser of workflows have the same bounds and defaults") {
  CHECK(at("/properties/steps/maxItems") == workflow_bounds::steps_max);
  CHECK(at("/properties/inputs/maxProperties") == workflow_bounds::inputs_max);
  CHECK(at("/$defs/name/maxLength") == workflow_bounds::name_bytes_max);
  CHECK(at("/$defs/retry/properties/attempts/maximum")
        == workflow_bounds::attempts_max);
  CHECK(at("/$defs/retry/properties/factor/maximum")
        == workflow_bounds::factor_max);
  CHECK(at("/$defs/step/properties/max_parallel/maximum")
        == workflow_bounds::parallel_max);
  CHECK(at("/$defs/step/properties/max_parallel/default")
        == step_foreach{}.parallel_max);
  CHECK(at("/$defs/concurrency/properties/limit/maximum")
        == workflow_bounds::runs_max);
  CHECK(at("/$defs/retry/properties/factor/default") == retry_policy{}.factor);
  CHECK(at("/$defs/retry/description")
        == "Without it a step is tried once, a compensation "
             + std::to_string(default_compensation_retry().attempts)
             + " times.");
}

} // namespace troupe::engine
