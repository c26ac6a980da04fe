#include "tests/support/places.hpp"
#include "tools/activities/score_arguments.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace troupe;
using namespace troupe::tools;
using json = nlohmann::json;

namespace {

runtime::outcome<score_plan> read(const json& input,
                                  score_surroundings with = {}) {
  auto place = engine::source_place{};
  place.file = "flow.yaml";
  place.line = 7;
  place.key = "steps[0].with";
  return plan_score(input, place, with);
}

} // namespace

TEST_CASE("a file and nothing else is scored with the default preset") {
  const auto plan = read({{"items", "a.jsonl"}});
  REQUIRE(plan);
  CHECK(plan->request.items == "a.jsonl");
  CHECK(plan->request.mode == scoring::scoring_mode::full);
  CHECK(plan->request.details);
  CHECK(plan->top == 10);
  CHECK_FALSE(plan->request.configuration.criteria.empty());
}

TEST_CASE("every argument of a scoring is read") {
  auto with = score_surroundings{};
  with.batch_size = 5;
  const auto input = json{{"items", "a.txt"},
                          {"format", "csv"},
                          {"query", "SELECT 1"},
                          {"token", "secret://env/T"},
                          {"endpoint", "https://example.org"},
                          {"financials", "money.csv"},
                          {"preset", "agile"},
                          {"rules", "compat"},
                          {"custom_fields", "shipped"},
                          {"mode", "real_time"},
                          {"ids", {"7", "8"}},
                          {"base", "3"},
                          {"on_bad_item", "isolate"},
                          {"as_of", "2026-01-31"},
                          {"out", "results"},
                          {"scores", "scores.csv"},
                          {"decimals", 4},
                          {"details", false},
                          {"top", 3}};
  const auto plan = read(input, with);
  REQUIRE(plan);
  const auto& request = plan->request;
  CHECK(request.format == scoring::item_format::csv);
  CHECK(request.query == "SELECT 1");
  CHECK(request.token == "secret://env/T");
  CHECK(request.endpoint == "https://example.org");
  CHECK(request.financials == "money.csv");
  CHECK(request.configuration.rules == scoring::rule_set::compat);
  CHECK(request.configuration.dotted == scoring::dotted_sources::shipped);
  CHECK(request.mode == scoring::scoring_mode::real_time);
  CHECK(request.ids == std::vector<std::string>{"7", "8"});
  CHECK(request.base == "3");
  CHECK(request.on_bad_item == scoring::bad_item::isolate);
  CHECK(request.as_of
        == std::chrono::sys_days{std::chrono::year{2026} / 1 / 31});
  CHECK(request.out == "results");
  CHECK(request.scores == "scores.csv");
  CHECK(request.decimals == 4);
  CHECK_FALSE(request.details);
  CHECK(request.batch_size == 5);
  CHECK(plan->top == 3);
}

TEST_CASE("a wrong argument of a scoring is named with its place") {
  struct wrong {
    json input;
    std::string key;
    runtime::problem_kind kind;
  };
  using kind = runtime::problem_kind;
  const auto all = std::vector<wrong>{
    {json::object(), "items", kind::invalid_input},
    {{{"items", ""}}, "items", kind::invalid_input},
    {{{"items", "-"}}, "items", kind::invalid_input},
    {{{"items", "a"}, {"preset", "agil"}}, "preset", kind::not_found},
    {{{"items", "a"}, {"case", "none"}}, "case", kind::not_found},
    {{{"items", "a"}, {"config", "c.yaml"}, {"preset", "agile"}},
     "preset",
     kind::invalid_input},
    {{{"items", "a"}, {"mode", "fast"}}, "mode", kind::invalid_input},
    {{{"items", "a"}, {"as_of", "soon"}}, "as_of", kind::invalid_input},
    {{{"items", "a"}, {"decimals", 10}}, "decimals", kind::invalid_input},
    {{{"items", "a"}, {"top", "all"}}, "top", kind::invalid_input},
    {{{"items", "a"}, {"itmes", "b"}}, "itmes", kind::invalid_input},
  };
  for (const auto& each : all) {
    CAPTURE(each.input.dump());
    const auto plan = read(each.input);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().kind == each.kind);
    CHECK(plan.error().key == "steps[0].with." + each.key);
    CHECK(plan.error().file == "flow.yaml");
  }
}

TEST_CASE("a configuration that cannot be read is named as it is") {
  const auto plan = read({{"items", "a"}, {"config", "missing.yaml"}});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().kind == runtime::problem_kind::not_found);
  CHECK(plan.error().file == "missing.yaml");
}

TEST_CASE("what is written is read without looking at the rest") {
  const auto plan = plan_outputs({{"items", "gone.jsonl"},
                                  {"config", "gone.yaml"},
                                  {"mode", "incremental"},
                                  {"out", "results"},
                                  {"scores", "scores.csv"},
                                  {"decimals", 4},
                                  {"top", 3}});
  CHECK(plan.request.mode == scoring::scoring_mode::incremental);
  CHECK(plan.request.out == "results");
  CHECK(plan.request.scores == "scores.csv");
  CHECK(plan.request.decimals == 4);
  CHECK(plan.top == 3);
  CHECK(plan.request.items.empty());
  CHECK(plan_outputs(json::object()).top == 10);
}
