#include "actors/scheduler/schedule_definition.hpp"
#include "actors/scheduler/schedule_words.hpp"
#include "tests/actors/scheduler/schedule_texts.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

using namespace troupe;
using namespace troupe::scheduler;
using namespace troupe::tests;
using nlohmann::json;

namespace {

json schema(const std::string& pointer) {
  const auto path = source_dir() / "tools/schema/schedule.schema.json";
  return json::parse(read_file(path)).at(json::json_pointer{pointer});
}

/// What the reader knows where a file has a key like no other: its hint.
std::string known_keys(const std::string& keys) {
  const auto read = parse_schedule(schedule_text(keys), "s.yaml");
  REQUIRE_FALSE(read);
  for (const auto& reason : read.error())
    if (reason.message == "unknown key \"qqqqqqqqqqqqqqqq\"")
      return reason.hint.substr(reason.hint.find(' ')) + ",";
  return {};
}

template <class Words>
void has_words(const std::string& pointer, const Words& words) {
  auto expected = json::array();
  for (const auto& word : words)
    expected.push_back(word.text);
  CHECK(schema(pointer) == expected);
}

} // namespace

TEST_CASE("the schema of schedules has the keys that the reader knows") {
  const auto unknown = std::string{"qqqqqqqqqqqqqqqq: 1"};
  for (const auto& [place, keys] :
       {std::pair{"", unknown},
        std::pair{"/$defs/calendar", "calendar: {" + unknown + "}"},
        std::pair{"/$defs/window", "calendar: {exclude: [{" + unknown + "}]}"},
        std::pair{"/$defs/after", "after: {" + unknown + "}"}}) {
    const auto known = known_keys(keys + "\n");
    const auto properties = schema(std::string{place} + "/properties");
    CAPTURE(place, known);
    for (const auto& [name, rest] : properties.items()) {
      CAPTURE(name);
      CHECK(known.find(" " + name + ",") != std::string::npos);
    }
    CHECK(static_cast<std::size_t>(std::ranges::count(known, ','))
          == properties.size());
  }
}

TEST_CASE("the schema of schedules has the words that the reader knows") {
  has_words("/properties/overlap/enum", overlap_words);
  has_words("/properties/frequency/enum", frequency_words);
  has_words("/$defs/after/properties/on_failure/enum", dependency_words);
  has_words("/$defs/calendar/properties/on_excluded/enum", exclusion_words);
  CHECK(schema("/properties/at/anyOf/1/maxItems")
        == schedule_bounds::times_max);
  CHECK(schema("/properties/max_runs/maximum") == schedule_bounds::runs_max);
  CHECK(schema("/$defs/ids/maxItems") == schedule_bounds::after_max);
  CHECK(schema("/$defs/calendar/properties/exclude/maxItems")
        == schedule_bounds::windows_max);
  CHECK(schema("/$defs/window/properties/dates/maxItems")
        == schedule_bounds::dates_max);
}
