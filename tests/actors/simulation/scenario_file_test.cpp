#include "actors/simulation/checked.hpp"
#include "actors/simulation/date_text.hpp"
#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/scenario_keys.hpp"
#include "actors/simulation/scenario_reading.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/year_plan.hpp"
#include "tests/support/places.hpp"
#include "tests/support/schema_names.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <random>

namespace troupe::simulation {

namespace {

using json = nlohmann::json;
using tests::name_set;
using tests::names;
using tests::properties;
using tests::spellings;

json schema() {
  return json::parse(tests::read_file(
    tests::source_dir() / "tools/schema/simulation-scenario.schema.json"));
}

/// Every key says what it is for.
void check_described(const json& of) {
  if (of.contains("properties"))
    for (const auto& [key, value] : of["properties"].items()) {
      CAPTURE(key);
      CHECK(value.contains("description"));
    }
  if (of.contains("$defs"))
    for (const auto& [key, part] : of["$defs"].items())
      check_described(part);
}

scenario golden_scenario() {
  const auto read
    = read_scenarios(tests::golden("simulation/scenario.yaml").string());
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  CHECK(read->front().name == "scenario");
  return read->front().values;
}

template <class Array>
json scaled(const Array& values, std::int64_t divisor) {
  auto result = json::array();
  for (const auto value : values) {
    REQUIRE(value % divisor == 0);
    result.push_back(value / divisor);
  }
  return result;
}

} // namespace

TEST_CASE("the golden YAML means what the golden JSON says in integers") {
  const auto got = golden_scenario();
  const auto want
    = json::parse(tests::read_file(tests::golden("simulation/scenario.json")));
  CHECK(want["start_year"] == got.start_year);
  CHECK(want["end_year"] == got.end_year);
  CHECK(want["random_seed"] == got.seed);
  CHECK(want["headcount_method"] == "ceil");
  CHECK(got.workforce.method == headcount_method::ceil);
  CHECK(want["growth_ppm"] == got.growth_rate);
  CHECK(want["termination_ppm"] == got.workforce.termination_rate);
  CHECK(want["new_hire_termination_ppm"]
        == got.workforce.new_hire_termination_rate);
  CHECK(want["waiting_period_days"] == got.eligibility.waiting_period_days);
  CHECK(want["minimum_age"] == got.eligibility.minimum_age);
  CHECK(want["merit_ppm"] == scaled(got.compensation.merit_by_level, 1));
  CHECK(want["cola_ppm"] == got.compensation.cola_rate);
  for (auto level = std::size_t{0}; level < level_count; ++level) {
    const auto& band = got.compensation.hire_band_by_level[level];
    CHECK(want["hire_band"][level] == json::array({band.low, band.high}));
  }
  const auto& promotion = want["promotion"];
  CHECK(promotion["base_pct"] == got.promotion.base_rate / 10'000);
  CHECK(promotion["level_dampener_pct"]
        == got.promotion.level_dampener / 10'000);
  CHECK(promotion["age_mult_x10"]
        == scaled(got.promotion.age_multipliers, 100'000));
  CHECK(promotion["tenure_mult_x10"]
        == scaled(got.promotion.tenure_multipliers, 100'000));
  const auto& plan = want["enrollment"];
  CHECK(got.enrollment.scope == enrollment_scope::all_eligible_employees);
  CHECK(got.enrollment.hire_date_cutoff
        == parse_date(plan["hire_date_cutoff"].get<std::string>()));
  CHECK(plan["rate_ppm"] == scaled(got.enrollment.rate_by_age_segment, 1));
  CHECK(plan["income_permille"]
        == scaled(got.enrollment.income_multipliers, 1'000));
  CHECK(plan["deferral_ppm"]
        == scaled(got.enrollment.deferral_by_age_segment, 1));
  CHECK(plan["opt_out_ppm"] == got.enrollment.opt_out_rate_young);
  CHECK(plan["opt_out_income_permille"]
        == scaled(got.enrollment.opt_out_income_multipliers, 1'000));
}

TEST_CASE("the shipped example is the golden scenario") {
  const auto example = read_scenarios(
    (tests::source_dir() / "tools/examples/simulation/scenario.yaml").string());
  REQUIRE(example);
  CHECK(canonical_text(example->front().values)
        == canonical_text(golden_scenario()));
  CHECK(digest(example->front().values) == digest(golden_scenario()));
}

TEST_CASE("the same scenario written otherwise has the same digest") {
  const auto folder = tests::temporary_folder{};
  const auto golden = golden_scenario();
  auto text = tests::read_file(tests::golden("simulation/scenario.yaml"));
  const auto moved = text.find("workforce:");
  auto run = std::string{"simulation:\n"};
  for (const auto* line : {"start_year: 2025", "end_year: 2029",
                           "random_seed: 42", "target_growth_rate: 0.030"})
    run += std::string{"  "} + line + "\n";
  folder.write("inner.yaml", run + "\n" + text.substr(moved));
  const auto inner = read_scenarios((folder / "inner.yaml").string());
  REQUIRE(inner);
  CHECK(digest(inner->front().values) == digest(golden));
  folder.write("over.yaml", "base: inner.yaml\n"
                            "compensation: {cola_by_year: {2031: 0.5}}");
  const auto over = read_scenarios((folder / "over.yaml").string());
  REQUIRE(over);
  CHECK(digest(over->front().values) == digest(golden));
  const auto other = std::vector<scenario_override>{
    {"compensation.cola_by_year.2026", "0.03"}};
  const auto changed = read_scenarios((folder / "over.yaml").string(), other);
  REQUIRE(changed);
  CHECK(digest(changed->front().values) != digest(golden));
  CHECK(rules_of_year(changed->front().values, 2026).compensation.cola_rate
        == 30'000);
}

TEST_CASE("scenarios of a list differ in what they say") {
  const auto folder = tests::temporary_folder{};
  folder.write("golden.yaml",
               tests::read_file(tests::golden("simulation/scenario.yaml")));
  const auto path = folder.write("batch.yaml", R"(base: golden.yaml
target_growth_rate: 0.01
scenarios:
  as it is: {}
  lean:
    simulation: {target_growth_rate: -0.02}
    growth_by_year: {2029: 0, 2027: -0.05}
    compensation: {cola_rate: 0}
  seeded: {random_seed: 7, end_year: 2026}
)");
  const auto read = read_scenarios(path.string());
  REQUIRE(read);
  REQUIRE(read->size() == 3);
  CHECK((*read)[0].name == "as it is");
  CHECK((*read)[0].values.growth_rate == 10'000);
  const auto& lean = (*read)[1].values;
  CHECK(lean.growth_rate == -20'000);
  CHECK(lean.compensation.cola_rate == 0);
  CHECK(lean.compensation.merit_by_level[0] == 35'000);
  CHECK(lean.growth_by_year
        == std::vector<year_rate>{{2027, -50'000}, {2029, 0}});
  CHECK((*read)[2].values.seed == 7);
  CHECK((*read)[2].values.end_year == 2026);
  const auto swept = read_scenarios(
    path.string(), std::vector<scenario_override>{{"random_seed", "9"}});
  REQUIRE(swept);
  CHECK((*swept)[2].values.seed == 9);
}

TEST_CASE("mistakes of a shared file are told once, each with its place") {
  const auto folder = tests::temporary_folder{};
  auto text = tests::read_file(tests::golden("simulation/scenario.yaml"));
  text.replace(text.find("0.025"), 5, "2.5%!");
  folder.write("golden.yaml", text);
  const auto path
    = folder.write("batch.yaml", "base: golden.yaml\nscenarios:\n"
                                 "  a: {}\n  b: {base: golden.yaml}\n");
  const auto read = read_scenarios(path.string());
  REQUIRE_FALSE(read);
  REQUIRE(read.error().size() == 2);
  const auto& first = read.error()[0];
  CHECK(first.file.ends_with("batch.yaml"));
  CHECK(first.line == 4);
  CHECK(first.key == "scenarios.b.base");
  const auto& second = read.error()[1];
  CHECK(second.file.ends_with("golden.yaml"));
  CHECK(second.key == "compensation.cola_rate");
  CHECK(second.line == 16);
  CHECK_FALSE(second.hint.empty());
  CHECK(read_scenarios((folder / "none.yaml").string()).error().at(0).kind
        == runtime::problem_kind::not_found);
}

TEST_CASE("of very many mistakes a hundred are told and the rest counted") {
  auto text = std::string{"scenarios:\n"};
  for (auto i = 0; i < 150; ++i)
    text += "  s" + std::to_string(i) + ": {endyear: 1}\n";
  const auto document = runtime::yaml_document::parse(text, "m.yaml").value();
  const auto read = parse_scenarios(document, "m.yaml");
  REQUIRE_FALSE(read);
  REQUIRE(read.error().size() == 101);
  // The keys that the file lacks are told once, not for each scenario.
  CHECK(read.error().back().message == "and 58 more problems");
}

TEST_CASE("random changes to a scenario never crash the reader") {
  using namespace std::string_view_literals;
  constexpr auto bytes = "{}[]:,-\"'\n #&*0.9e~null"sv;
  auto random = std::mt19937_64{20250608};
  const auto pick = [&](std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
  };
  const auto source
    = tests::read_file(tests::golden("simulation/scenario.yaml"));
  auto accepted = 0;
  for (auto round = 0; round < 1000; ++round) {
    auto text = source;
    for (auto edits = pick(4) + 1; edits > 0; --edits) {
      const auto at = pick(text.size());
      if (pick(2) == 0)
        text[at] = bytes[pick(bytes.size())];
      else
        text.erase(at, pick(6));
    }
    const auto document = runtime::yaml_document::parse(text, "fuzz");
    if (!document)
      continue;
    const auto read = parse_scenarios(*document, "fuzz");
    if (read) {
      ++accepted;
      REQUIRE(read->front().values.end_year >= read->front().values.start_year);
      REQUIRE(digest(read->front().values) != 0);
    } else {
      REQUIRE_FALSE(read.error().empty());
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("schema of scenarios and reader know the same keys") {
  const auto whole = schema();
  const auto& parts = whole["$defs"];
  CHECK(properties(whole) == names(keys::document));
  CHECK(properties(parts["simulation"]) == names(keys::simulation));
  CHECK(properties(parts["workforce"]) == names(keys::workforce));
  CHECK(properties(parts["selection"]) == names(keys::selection));
  CHECK(properties(parts["eligibility"]) == names(keys::eligibility));
  CHECK(properties(parts["compensation"]) == names(keys::compensation));
  CHECK(properties(parts["promotion"]) == names(keys::promotion));
  CHECK(properties(parts["enrollment"]) == names(keys::enrollment));
  CHECK(properties(parts["auto_enrollment"]) == names(keys::auto_enrollment));
  CHECK(properties(parts["bands"]) == names(keys::bands));
  check_described(whole);
}

TEST_CASE("schema of scenarios and reader know the same words and limits") {
  const auto whole = schema();
  const auto at = [&](const char* pointer) {
    return whole.at(json::json_pointer{pointer});
  };
  CHECK(at("/$defs/workforce/properties/headcount_method/enum").get<name_set>()
        == spellings(keys::headcount_method_words));
  CHECK(at("/$defs/selection/properties/method/enum").get<name_set>()
        == spellings(keys::leaver_selection_words));
  CHECK(at("/$defs/auto_enrollment/properties/scope/enum").get<name_set>()
        == spellings(keys::enrollment_scope_words));
  CHECK(at("/$defs/year/minimum") == start_year_min);
  CHECK(at("/$defs/year/maximum") == end_year_max);
  CHECK(at("/$defs/multiplier/maximum") == multiplier_max / ppm_whole);
  CHECK(at("/$defs/hire_pay/maximum") == hire_pay_max);
  const auto plain = scenario{};
  CHECK(at("/$defs/eligibility/properties/waiting_period_days/default")
        == plain.eligibility.waiting_period_days);
  CHECK(at("/$defs/eligibility/properties/minimum_age/default")
        == plain.eligibility.minimum_age);
  const auto& selection = plain.workforce.selection;
  CHECK(at("/$defs/selection/properties/age_multipliers/default")
        == scaled(selection.age_multipliers, ppm_whole));
  CHECK(at("/$defs/selection/properties/tenure_multipliers/default")
        == scaled(selection.tenure_multipliers, ppm_whole));
  CHECK(at("/$defs/selection/properties/level_multipliers/default")
        == scaled(selection.level_multipliers, ppm_whole));
  CHECK(at("/$defs/completed_years/maximum") == completed_years_max);
  CHECK(at("/$defs/bands/properties/age/default") == json(plain.bands.age));
  CHECK(at("/$defs/bands/properties/tenure/default")
        == json(plain.bands.tenure));
}

} // namespace troupe::simulation
