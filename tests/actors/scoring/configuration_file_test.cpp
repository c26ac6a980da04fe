#include "actors/scoring/configuration.hpp"
#include "actors/scoring/configuration_keys.hpp"
#include "actors/scoring/configuration_words.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <set>

namespace troupe::scoring {

namespace {

using json = nlohmann::json;
using name_set = std::set<std::string>;

std::string golden_text() {
  return tests::read_file(tests::golden("qvf/config.json"));
}

runtime::problem problem_of(std::string_view text) {
  const auto configuration = parse_configuration(text, "test.yaml");
  INFO(text.substr(0, 200));
  REQUIRE_FALSE(configuration);
  CHECK(configuration.error().kind == runtime::problem_kind::invalid_input);
  CHECK(configuration.error().file == "test.yaml");
  return configuration.error();
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// One criterion of each of three shapes, and every key there is.
const auto full_text = std::string{R"(rules: standard
custom_fields: shipped
criteria:
  - criterion_id: one
    category: b
    weight: 0.25
    data_source: /deep/er
    data_type: numeric
    higher_is_better: false
    normalization_method: robust
    value_mapping: {"null": 0.5, "": 0.25, true: 1}
    threshold_min: 0.1
    threshold_max: 0.9
    is_active: true
    missing: mean
    function: {shape: step, breakpoints: [[0, 0], [0.5, 1]]}
  - criterion_id: two
    category: b
    weight: 0.75
    data_source: custom_fields.x
    function: {shape: diminishing, curvature: 2}
  - criterion_id: three
    category: a.dotted
    weight: 1
    data_source: x
category_weights: {b: 0.5, a.dotted: 0.5}
weights:
  method: pairwise
  matrix: [[1, 2, 4], [1/2, 1, 2], [0.25, 1/2, 1]]
  ranking: [two, one, three]
  swings: {one: 1, two: 2, three: 3}
  consistency_threshold: 0.2
  allow_inconsistent: true
scoring:
  integration_mode: financial_priority
  financial_weight: 0.25
  strategic_weight: 0.75
  enable_dynamic_normalization: false
  normalization_percentile: 0.8
  confidence_threshold: 0.5
  risk_adjustment_enabled: false
  max_risk_penalty: 0.2
  financial_mapping_mode: hybrid
  enable_sensitivity_analysis: true
  monte_carlo_iterations: 500
cases:
  - name: other
    category_weights: {b: 0.25, a.dotted: 0.75}
    scoring: {max_risk_penalty: 0.1}
fields:
  work_item_id: Key
  title: ""
)"};

name_set names(std::span<const std::string_view> known) {
  return {known.begin(), known.end()};
}

name_set properties(const json& object) {
  auto result = name_set{};
  for (const auto& [name, value] : object["properties"].items())
    result.insert(name);
  return result;
}

void check_described(const json& node) {
  if (node.is_object() && node.contains("properties"))
    for (const auto& [name, value] : node["properties"].items()) {
      CAPTURE(name);
      CHECK((value.contains("description") || value.contains("$ref")));
    }
  if (node.is_structured())
    for (const auto& child : node)
      check_described(child);
}

template <class Words>
name_set spellings(const Words& words) {
  auto result = name_set{};
  for (const auto& word : words)
    result.insert(std::string{word.text});
  return result;
}

} // namespace

TEST_CASE("the golden file is the default configuration with its cases") {
  const auto configuration
    = read_configuration(tests::golden("qvf/config.json").string());
  REQUIRE(configuration);
  REQUIRE(configuration->cases.size() == 11);
  const auto agile = select_case(*configuration, "agile_balanced");
  REQUIRE(agile);
  CHECK(agile->categories[0].weight == 0.30);
  const auto strategic
    = select_case(*configuration, "default_strategic_priority");
  CHECK(strategic->combination.mode == integration_mode::strategic_priority);
  CHECK_FALSE(strategic->combination.dynamic_normalisation);
  auto plain = *configuration;
  plain.cases.clear();
  CHECK(canonical_json(plain) == canonical_json(default_configuration()));
}

TEST_CASE("every key is read") {
  const auto read = parse_configuration(full_text, "test.yaml");
  REQUIRE(read);
  CHECK(read->dotted == dotted_sources::shipped);
  const auto& first = read->criteria[0];
  CHECK(first.source == "/deep/er");
  CHECK(first.better == direction::lower_is_better);
  CHECK(first.method == normalisation::robust);
  CHECK(first.mapping->at("null") == 0.5);
  CHECK(first.mapping->at("") == 0.25);
  CHECK(first.mapping->at("true") == 1.0);
  CHECK(first.threshold_min == 0.1);
  CHECK(first.threshold_max == 0.9);
  CHECK(first.missing == missing_policy::mean);
  CHECK(first.function.breakpoints.size() == 2);
  CHECK(read->criteria[1].function.curvature == 2.0);
  CHECK(read->categories[0].id == "b");
  CHECK(read->weights.kind == weighting::source::pairwise);
  CHECK(read->weights.matrix[1][0] == 0.5);
  CHECK(read->weights.ranking.front() == "two");
  CHECK(read->weights.swings.at("three") == 3.0);
  CHECK(read->weights.consistency_threshold == 0.2);
  CHECK(read->weights.allow_inconsistent);
  CHECK(read->combination.mode == integration_mode::financial_priority);
  CHECK(read->combination.financial_weight == 0.25);
  CHECK_FALSE(read->combination.dynamic_normalisation);
  CHECK(read->combination.normalisation_percentile == 0.8);
  CHECK_FALSE(read->combination.risk_adjustment);
  CHECK(read->cases[0].combination.risk_penalty_max == 0.1);
  CHECK(read->cases[0].combination.financial_weight == 0.25);
  CHECK(read->fields.at("work_item_id") == "Key");
  CHECK(read->fields.at("title").empty());
  CHECK(compile(*read));
}

TEST_CASE("the canonical text reads back as the same configuration") {
  for (const auto& text :
       {full_text, golden_text(), std::string{"preset: startup"}}) {
    const auto read = parse_configuration(text, "first");
    REQUIRE(read);
    const auto again = parse_configuration(canonical_json(*read), "again");
    REQUIRE(again);
    CHECK(canonical_json(*again) == canonical_json(*read));
    CHECK(digest(*again) == digest(*read));
  }
}

TEST_CASE("the file overrides its preset") {
  const auto read = parse_configuration(
    "preset: agile\nscoring: {max_risk_penalty: 0.1}\n", "test.yaml");
  REQUIRE(read);
  CHECK(read->categories[0].weight == 0.30);
  CHECK(read->criteria.size() == 18);
  CHECK(read->combination.risk_penalty_max == 0.1);
  CHECK(read->combination.financial_weight == 0.4);
  const auto reason = problem_of("preset: agil");
  CHECK(reason.key == "preset");
  CHECK(mentions(reason.hint, "agile"));
}

TEST_CASE("an unknown key is refused with its place and the nearest known") {
  const auto reason
    = problem_of("preset: agile\nscoring:\n  max_risk_penalti: 1");
  CHECK(reason.line == 3);
  CHECK(reason.column == 3);
  CHECK(reason.key == "scoring.max_risk_penalti");
  CHECK(mentions(reason.hint, "max_risk_penalty"));
}

TEST_CASE("a value of the wrong type is refused with its place") {
  CHECK(problem_of("preset: agile\nscoring: {max_risk_penalty: much}").line
        == 2);
  for (const auto* text : {"[]",
                           "preset: [1]",
                           "rules: 3",
                           "rules: Standard",
                           "criteria: {}",
                           "criteria: [1]",
                           "criteria: [[]]",
                           "cases: 1",
                           "cases: [x]",
                           "scoring: []",
                           "scoring: {risk_adjustment_enabled: 1}",
                           "scoring: {risk_adjustment_enabled: yes}",
                           "scoring: {financial_weight: .nan}",
                           "scoring: {financial_weight: .inf}",
                           "scoring: {financial_weight: \"0.4\"}",
                           "scoring: {monte_carlo_iterations: 0.5}",
                           "weights: {method: magic}",
                           "weights: {matrix: [1]}",
                           "weights: {matrix: [[1/0]]}",
                           "weights: {matrix: [[1/]]}",
                           "weights: {matrix: [[a/b]]}",
                           "weights: {ranking: x}",
                           "weights: {swings: {a: b}}",
                           "fields: [a]",
                           "fields: {titel: x}",
                           "fields: {title: {}}",
                           "category_weights: [1]",
                           "category_weights: {a: {}}"}) {
    const auto reason = problem_of(text);
    CHECK(reason.line == 1);
  }
}

TEST_CASE("missing keys of a criterion are named") {
  const auto reason = problem_of("criteria:\n  - criterion_id: a\n");
  CHECK(mentions(reason.message, "category"));
  CHECK(mentions(reason.hint, "data_source"));
}

TEST_CASE("a broken rule points at its line") {
  auto text = full_text;
  const auto at = text.find("threshold_max: 0.9");
  text.replace(at, 18, "threshold_max: 1.9");
  const auto reason = problem_of(text);
  CHECK(reason.key == "criteria[0].threshold_max");
  CHECK(reason.line == 13);

  const auto sum = problem_of("preset: agile\n\ncategory_weights:\n  a: 0.5");
  CHECK(sum.line >= 1);
  const auto top = problem_of("preset: agile\nconsistency_threshold: 7");
  CHECK(top.key == "weights.consistency_threshold");
  CHECK(top.line == 2);
  text = full_text;
  text.replace(text.find("a.dotted: 0.75"), 14, "a.dotted: 1.75");
  const auto dotted = problem_of(text);
  CHECK(dotted.key == "cases[0].category_weights.a.dotted");
  CHECK(dotted.line == 48);
}

TEST_CASE("a threshold given twice is refused") {
  const auto reason = problem_of("preset: agile\nconsistency_threshold: 0.1\n"
                                 "weights: {consistency_threshold: 0.2}");
  CHECK(mentions(reason.message, "twice"));
}

TEST_CASE("hostile texts are refused") {
  problem_of("");
  problem_of("{");
  problem_of("preset: agile\npreset: startup");
  problem_of(std::string_view{"preset: a\0gile", 14});
  problem_of(std::string(100'000, '['));
  problem_of("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
             "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
             "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
             "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
             "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
             "g: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n");
  problem_of(std::string((std::size_t{16} << 20) + 1, ' '));
}

TEST_CASE("an absent file is not found") {
  const auto read = read_configuration("/nowhere/at/all.yaml");
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == runtime::problem_kind::not_found);
}

TEST_CASE("random changes to a valid file never crash the parser") {
  auto random = std::mt19937_64{20240607};
  const auto pick = [&](std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
  };
  using namespace std::string_view_literals;
  constexpr auto bytes
    = "{}[]:,-\"'\n \t#&*!|>%@`\\0.9eE~\xff\x00nulltruefalse"sv;
  const auto sources = std::array{full_text, golden_text().substr(0, 3000),
                                  canonical_json(default_configuration())};
  auto accepted = 0;
  for (auto round = 0; round < 1500; ++round) {
    auto text = sources[pick(sources.size())];
    for (auto edits = pick(6) + 1; edits > 0 && !text.empty(); --edits) {
      const auto at = pick(text.size());
      const auto length = std::min(pick(12), text.size() - at);
      switch (pick(4)) {
        case 0:
          text[at] = bytes[pick(bytes.size())];
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(pick(text.size()), 12));
          break;
        default:
          text.insert(at, 1, bytes[pick(bytes.size())]);
      }
    }
    const auto read = parse_configuration(text, "fuzz");
    if (read) {
      ++accepted;
      CHECK(validate(*read).empty());
      static_cast<void>(compile(*read));
    } else {
      CHECK_FALSE(read.error().message.empty());
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("the golden cases that the source system refuses are refused") {
  const auto whole
    = json::parse(tests::read_file(tests::golden("qvf/edge_cases.json")));
  const auto base = json::parse(golden_text());
  const auto expected_words = std::map<std::string, std::string>{
    {"two_categories", "categories"},
    {"within_category_weights_not_one", "sum to 1.1"},
    {"duplicate_data_source", "two active criteria read"},
    {"percentile_normalisation", "percentile"},
    {"category_weight_zero", "weight of a category"}};
  auto refused = std::size_t{0};
  for (const auto& edge : whole["cases"]) {
    auto document = base;
    document["rules"] = "compat";
    document.erase("cases");
    for (const auto& [key, value] : edge["override"].items())
      document[key] = value;
    const auto name = edge["name"].get<std::string>();
    CAPTURE(name);
    const auto read = parse_configuration(document.dump(1), name);
    const auto wanted = expected_words.find(name);
    if (wanted == expected_words.end()) {
      CHECK(read);
      continue;
    }
    ++refused;
    REQUIRE_FALSE(read);
    CHECK(mentions(read.error().message, wanted->second));
    CHECK(read.error().line > 0);
  }
  CHECK(refused == expected_words.size());
}

TEST_CASE("the example files are valid and say what they claim") {
  const auto folder = tests::source_dir() / "tools/examples";
  for (const auto* name : {"default", "agile", "enterprise", "startup"}) {
    CAPTURE(name);
    const auto read
      = read_configuration((folder / (std::string{name} + ".yaml")).string());
    if (!read)
      FAIL(runtime::render(read.error()));
    CHECK(compile(*read));
    const auto preset = preset_configuration(name).value();
    for (auto index = std::size_t{0}; index < 5; ++index)
      CHECK(read->categories[index].weight == preset.categories[index].weight);
  }
  const auto written = read_configuration((folder / "default.yaml").string());
  CHECK(canonical_json(*written) == canonical_json(default_configuration()));
}

TEST_CASE("schema and parser know the same keys") {
  const auto schema = json::parse(tests::read_file(
    tests::source_dir() / "tools/schema/scoring-config.schema.json"));
  const auto& parts = schema["$defs"];
  CHECK(properties(schema) == names(keys::document));
  CHECK(properties(parts["criterion"]) == names(keys::criterion));
  CHECK(properties(parts["function"]) == names(keys::function));
  CHECK(properties(parts["weights"]) == names(keys::weights));
  CHECK(properties(parts["scoring"]) == names(keys::scoring));
  CHECK(properties(parts["case"]) == names(keys::scoring_case));
  CHECK(properties(parts["fields"]) == names(keys::fields));
  check_described(schema);
}

TEST_CASE("schema and parser know the same words") {
  const auto schema = json::parse(tests::read_file(
    tests::source_dir() / "tools/schema/scoring-config.schema.json"));
  const auto words = [&](const char* pointer) {
    return schema.at(json::json_pointer{pointer}).get<name_set>();
  };
  CHECK(words("/properties/rules/enum") == spellings(rule_set_words));
  CHECK(words("/properties/custom_fields/enum")
        == spellings(dotted_sources_words));
  CHECK(words("/$defs/criterion/properties/normalization_method/enum")
        == spellings(normalisation_words));
  CHECK(words("/$defs/criterion/properties/missing/enum")
        == spellings(missing_policy_words));
  CHECK(words("/$defs/function/properties/shape/enum")
        == spellings(function_shape_words));
  CHECK(words("/$defs/weights/properties/method/enum")
        == spellings(weighting_words));
  CHECK(words("/$defs/scoring/properties/integration_mode/enum")
        == spellings(integration_mode_words));
}

} // namespace troupe::scoring
