#include "actors/scoring/configuration.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace troupe::scoring {

namespace {

using change = std::function<void(scoring_configuration&)>;

struct fault {
  const char* key;
  change apply;
};

std::vector<std::string> keys(const std::vector<runtime::problem>& problems) {
  auto result = std::vector<std::string>{};
  for (const auto& reason : problems) {
    CHECK(reason.kind == runtime::problem_kind::invalid_input);
    CHECK_FALSE(reason.message.empty());
    CHECK_FALSE(reason.hint.empty());
    result.push_back(reason.key);
  }
  return result;
}

void check_faults(const scoring_configuration& base,
                  const std::vector<fault>& faults) {
  REQUIRE(validate(base).empty());
  for (const auto& [key, apply] : faults) {
    auto configuration = base;
    apply(configuration);
    const auto reported = keys(validate(configuration));
    CAPTURE(key, reported);
    CHECK(std::count(reported.begin(), reported.end(), key) == 1);
  }
}

scoring_configuration compat_configuration() {
  auto result = default_configuration();
  result.rules = rule_set::compat;
  return result;
}

constexpr auto not_a_number = std::numeric_limits<double>::quiet_NaN();

} // namespace

TEST_CASE("every preset is valid under both rule sets") {
  for (const auto* name : {"default", "agile", "enterprise", "startup"}) {
    auto configuration = preset_configuration(name);
    REQUIRE(configuration);
    CHECK(configuration->criteria.size() == 18);
    CHECK(validate(*configuration).empty());
    configuration->rules = rule_set::compat;
    CHECK(validate(*configuration).empty());
  }
}

TEST_CASE("an unknown preset is not found and the known ones are named") {
  const auto configuration = preset_configuration("agil");
  REQUIRE_FALSE(configuration);
  CHECK(configuration.error().kind == runtime::problem_kind::not_found);
  CHECK(configuration.error().hint.find("agile") != std::string::npos);
}

TEST_CASE("a case replaces category weights and combination") {
  auto configuration = default_configuration();
  auto variant = scoring_case{};
  variant.name = "money";
  variant.combination.mode = integration_mode::financial_only;
  configuration.cases.push_back(variant);
  variant.name = "shifted";
  variant.category_weights = preset_configuration("agile")->categories;
  configuration.cases.push_back(variant);

  const auto money = select_case(configuration, "money");
  REQUIRE(money);
  CHECK(money->combination.mode == integration_mode::financial_only);
  CHECK(money->categories[0].weight == 0.25);
  const auto shifted = select_case(configuration, "shifted");
  REQUIRE(shifted);
  CHECK(shifted->categories[0].weight == 0.30);
  const auto unknown = select_case(configuration, "other");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == runtime::problem_kind::not_found);
  CHECK(unknown.error().hint == "its cases: money, shifted");
}

TEST_CASE("equal configurations have equal texts and digests") {
  const auto first = default_configuration();
  auto second = default_configuration();
  second.criteria[0].threshold_min = -0.0;
  auto third = second;
  third.criteria[0].threshold_min = 0.0;
  CHECK(canonical_json(second) == canonical_json(third));
  CHECK(digest(second) == digest(third));
  CHECK(digest(first) != digest(second));
  CHECK(digest(first) == digest(default_configuration()));
}

TEST_CASE("criteria that cannot be scored are refused") {
  using configuration = scoring_configuration;
  check_faults(
    default_configuration(),
    {
      {"criteria", [](configuration& c) { c.criteria.clear(); }},
      {"criteria[1].criterion_id",
       [](configuration& c) { c.criteria[1].id = c.criteria[0].id; }},
      {"criteria[2].criterion_id",
       [](configuration& c) { c.criteria[2].id.clear(); }},
      {"criteria[2].criterion_id",
       [](configuration& c) { c.criteria[2].id = "a\nb"; }},
      {"criteria[3].category",
       [](configuration& c) { c.criteria[3].category = "unheard"; }},
      {"criteria[3].weight",
       [](configuration& c) { c.criteria[3].weight = -0.1; }},
      {"criteria[3].weight",
       [](configuration& c) { c.criteria[3].weight = not_a_number; }},
      {"criteria", [](configuration& c) { c.criteria[3].weight = 0.2; }},
      {"criteria[0].data_source",
       [](configuration& c) { c.criteria[0].source = "custom_fields."; }},
      {"criteria[0].data_source",
       [](configuration& c) { c.criteria[0].source = "/a~2"; }},
      {"criteria[0].threshold_max",
       [](configuration& c) { c.criteria[0].threshold_max = 1.5; }},
      {"criteria[0].threshold_min",
       [](configuration& c) {
         c.criteria[0].threshold_min = 0.75;
         c.criteria[0].threshold_max = 0.25;
       }},
      {"criteria[3].value_mapping.High",
       [](configuration& c) {
         (*c.criteria[3].mapping)["High"] = not_a_number;
       }},
    });
}

TEST_CASE("scoring functions that cannot act are refused") {
  using configuration = scoring_configuration;
  using shape = scoring_function::shape;
  check_faults(
    default_configuration(),
    {
      {"criteria[0].function.curvature",
       [](configuration& c) {
         c.criteria[0].function.kind = shape::exponential;
       }},
      {"criteria[0].function.breakpoints",
       [](configuration& c) { c.criteria[0].function.kind = shape::step; }},
      {"criteria[0].function.breakpoints[1]",
       [](configuration& c) {
         c.criteria[0].function = {shape::step, 0.0, {{0.5, 0.2}, {0.5, 1.0}}};
       }},
      {"criteria[0].function.breakpoints[0]",
       [](configuration& c) {
         c.criteria[0].function = {shape::step, 0.0, {{0.5, 2.0}}};
       }},
    });
}

TEST_CASE("weights that do not add up are refused") {
  using configuration = scoring_configuration;
  check_faults(
    default_configuration(),
    {
      {"category_weights", [](configuration& c) { c.categories.clear(); }},
      {"category_weights",
       [](configuration& c) { c.categories[0].weight = 0.26; }},
      {"category_weights.business_value",
       [](configuration& c) { c.categories[1].id = c.categories[0].id; }},
      {"category_weights.customer_value",
       [](configuration& c) { c.categories[2].weight = 1.5; }},
      {"weights.consistency_threshold",
       [](configuration& c) { c.weights.consistency_threshold = -1.0; }},
      {"weights.matrix",
       [](configuration& c) { c.weights.kind = weighting::source::pairwise; }},
      {"weights.matrix[0][1]",
       [](configuration& c) {
         c.weights.kind = weighting::source::pairwise;
         c.weights.matrix.assign(18, std::vector<double>(18, 1.0));
         c.weights.matrix[0][1] = 3.0;
       }},
      {"weights.matrix[0][0]",
       [](configuration& c) {
         c.weights.kind = weighting::source::pairwise;
         c.weights.matrix.assign(18, std::vector<double>(18, 1.0));
         c.weights.matrix[0][0] = 0.0;
       }},
      {"weights.ranking[0]",
       [](configuration& c) {
         c.weights.kind = weighting::source::rank_order;
         c.weights.ranking = {"unheard"};
       }},
      {"weights.swings.ra_business_risk",
       [](configuration& c) {
         c.weights.kind = weighting::source::swing;
         c.weights.swings = {{"ra_business_risk", 0.0}};
       }},
    });
}

TEST_CASE("combinations out of range are refused, in cases too") {
  using configuration = scoring_configuration;
  check_faults(
    default_configuration(),
    {
      {"scoring.financial_weight",
       [](configuration& c) { c.combination.financial_weight = 0.5; }},
      {"scoring.max_risk_penalty",
       [](configuration& c) { c.combination.risk_penalty_max = 1.1; }},
      {"scoring.normalization_percentile",
       [](configuration& c) { c.combination.normalisation_percentile = 95.0; }},
      {"cases[0].scoring.confidence_threshold",
       [](configuration& c) {
         auto variant = scoring_case{"one", {}, {}};
         variant.combination.confidence_threshold = -1.0;
         c.cases.push_back(variant);
       }},
      {"cases[1].name",
       [](configuration& c) {
         c.cases.assign(2, {"twice", {}, {}});
       }},
      {"cases[0].category_weights.unheard",
       [](configuration& c) {
         auto variant = scoring_case{"one", c.categories, {}};
         variant.category_weights[0].id = "unheard";
         c.cases.push_back(variant);
       }},
      {"fields.titel", [](configuration& c) { c.fields["titel"] = "x"; }},
    });
}

TEST_CASE("the compat rules refuse what the source system refuses") {
  using configuration = scoring_configuration;
  const auto deactivate = [](configuration& c, const char* group) {
    for (auto& entry : c.criteria)
      if (entry.category == group)
        entry.active = false;
  };
  check_faults(
    compat_configuration(),
    {
      {"criteria",
       [&](configuration& c) {
         deactivate(c, "business_value");
         deactivate(c, "customer_value");
         deactivate(c, "risk_assessment");
       }},
      {"criteria[4].data_source",
       [](configuration& c) { c.criteria[4].source = c.criteria[0].source; }},
      {"criteria[0].normalization_method",
       [](configuration& c) {
         c.criteria[0].method = normalisation::percentile;
       }},
      {"criteria[0].normalization_method",
       [](configuration& c) { c.criteria[0].method = normalisation::robust; }},
      {"category_weights.business_value",
       [](configuration& c) {
         c.categories[0].weight = 0.0;
         c.categories[1].weight = 0.5;
       }},
      {"criteria[0].weight",
       [](configuration& c) {
         c.criteria[0].weight = 0.0;
         c.criteria[1].weight = 0.7;
       }},
    });
}

TEST_CASE("the standard rules accept what only the compat rules refuse") {
  auto configuration = default_configuration();
  configuration.criteria[0].method = normalisation::percentile;
  configuration.criteria[1].method = normalisation::robust;
  configuration.criteria[4].source = configuration.criteria[0].source;
  configuration.categories[0].weight = 0.0;
  configuration.categories[1].weight = 0.5;
  CHECK(validate(configuration).empty());
}

TEST_CASE("problems come in the order of the keys") {
  auto configuration = default_configuration();
  configuration.combination.risk_penalty_max = 2.0;
  configuration.criteria[0].weight = 2.0;
  configuration.categories[0].weight = 2.0;
  const auto reported = keys(validate(configuration));
  CHECK(reported
        == std::vector<std::string>{
          "criteria[0].weight", "category_weights.business_value",
          "category_weights", "criteria", "scoring.max_risk_penalty"});
}

} // namespace troupe::scoring
