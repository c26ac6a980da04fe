#include "actors/scoring/scoring_plan.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace troupe::scoring {

namespace {

criterion simple(const std::string& id, const std::string& group,
                 double weight) {
  auto result = criterion{};
  result.id = id;
  result.category = group;
  result.weight = weight;
  result.source = id + "_source";
  return result;
}

/// Criteria a and b of category x, c of category y.
scoring_configuration small_configuration() {
  auto result = scoring_configuration{};
  result.criteria
    = {simple("a", "x", 0.75), simple("b", "x", 0.25), simple("c", "y", 1.0)};
  result.categories = {{"x", 0.5}, {"y", 0.5}};
  return result;
}

std::vector<double> planned_weights(const scoring_plan& plan) {
  auto result = std::vector<double>{};
  for (const auto& entry : plan.criteria)
    result.push_back(entry.strategic_weight);
  return result;
}

double category_sum(const scoring_plan& plan) {
  auto sum = 0.0;
  for (const auto& group : plan.categories)
    sum += group.weight;
  return sum;
}

void check_golden_case(const std::string& preset,
                       const nlohmann::json& expected) {
  auto configuration = preset_configuration(preset).value();
  configuration.rules = rule_set::compat;
  const auto plan = compile(configuration);
  REQUIRE(plan);
  REQUIRE(plan->pairwise);
  const auto& ahp = expected["ahp"];
  const auto close = [](double left, double right) {
    return std::abs(left - right) <= 1e-9 * std::max(1.0, std::abs(right));
  };
  CHECK(plan->pairwise->matrix
        == ahp["matrix"].get<std::vector<std::vector<double>>>());
  CHECK(close(plan->pairwise->lambda_max, ahp["lambda_max"]));
  CHECK(close(plan->pairwise->consistency_ratio, ahp["consistency_ratio"]));
  CHECK(plan->pairwise->is_consistent == ahp["is_consistent"].get<bool>());
  REQUIRE(plan->criteria.size() == ahp["criteria"].size());
  for (auto index = std::size_t{0}; index < plan->criteria.size(); ++index) {
    const auto& entry = plan->criteria[index];
    CHECK(entry.definition.id == ahp["criteria"][index].get<std::string>());
    CHECK(entry.global_weight == ahp["global_weights"][index].get<double>());
    CHECK(close(entry.strategic_weight, ahp["weights"][index]));
  }
}

} // namespace

TEST_CASE("compat plans carry the matrix and weights of the source system") {
  for (const auto* folder : {"qvf/expected_resolved", "qvf/expected_shipped"}) {
    const auto summary = nlohmann::json::parse(
      tests::read_file(tests::golden(std::string{folder} + "/summary.json")));
    auto checked = 0;
    for (const auto& [name, expected] : summary.items()) {
      if (!expected.contains("ahp"))
        continue;
      CAPTURE(folder, name);
      check_golden_case(name.substr(0, name.find('_')), expected);
      ++checked;
    }
    CHECK(checked >= 4);
  }
}

TEST_CASE("given weights are taken without rounding") {
  const auto plan = compile(small_configuration());
  REQUIRE(plan);
  CHECK(planned_weights(*plan) == std::vector<double>{0.375, 0.125, 0.5});
  CHECK_FALSE(plan->pairwise);
  CHECK(plan->warnings.empty());
}

TEST_CASE("an inactive criterion is no part of the plan") {
  auto configuration = small_configuration();
  configuration.criteria[1].active = false;
  configuration.criteria[0].weight = 1.0;
  const auto plan = compile(configuration);
  REQUIRE(plan);
  REQUIRE(plan->criteria.size() == 2);
  CHECK(plan->criteria[1].definition.id == "c");
  CHECK(plan->criteria[1].category == 1);
}

TEST_CASE("a category of weight 0 is left out with a warning") {
  auto configuration = small_configuration();
  configuration.categories = {{"x", 0.0}, {"y", 1.0}};
  const auto plan = compile(configuration);
  REQUIRE(plan);
  REQUIRE(plan->categories.size() == 1);
  CHECK(plan->categories[0].id == "y");
  CHECK(planned_weights(*plan) == std::vector<double>{1.0});
  CHECK(plan->warnings.size() == 1);
}

TEST_CASE("the weight of an unused category goes to the others") {
  auto configuration = small_configuration();
  configuration.criteria.pop_back();
  const auto plan = compile(configuration);
  REQUIRE(plan);
  CHECK(planned_weights(*plan) == std::vector<double>{0.75, 0.25});
  CHECK(category_sum(*plan) == 1.0);
  CHECK(plan->warnings.size() == 1);
}

TEST_CASE("comparisons become weights by their eigenvector") {
  auto configuration = small_configuration();
  configuration.weights.kind = weighting::source::pairwise;
  configuration.weights.matrix
    = {{1.0, 2.0, 4.0}, {0.5, 1.0, 2.0}, {0.25, 0.5, 1.0}};
  const auto plan = compile(configuration);
  REQUIRE(plan);
  REQUIRE(plan->pairwise);
  CHECK(plan->criteria[0].strategic_weight == Approx(4.0 / 7.0));
  CHECK(plan->categories[0].weight == Approx(6.0 / 7.0));
  CHECK(category_sum(*plan) == Approx(1.0));
}

TEST_CASE("contradictory comparisons are refused unless allowed") {
  auto configuration = small_configuration();
  configuration.weights.kind = weighting::source::pairwise;
  configuration.weights.matrix
    = {{1.0, 9.0, 1.0 / 9.0}, {1.0 / 9.0, 1.0, 9.0}, {9.0, 1.0 / 9.0, 1.0}};
  const auto refused = compile(configuration);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().key == "weights.matrix");
  CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
  configuration.weights.allow_inconsistent = true;
  const auto allowed = compile(configuration);
  REQUIRE(allowed);
  CHECK(allowed->warnings.size() == 1);
  CHECK_FALSE(allowed->pairwise->is_consistent);
}

TEST_CASE("a ranking gives its first criterion the largest weight") {
  auto configuration = small_configuration();
  configuration.weights.kind = weighting::source::rank_order;
  configuration.weights.ranking = {"c", "a", "b"};
  const auto plan = compile(configuration);
  REQUIRE(plan);
  CHECK(plan->criteria[2].strategic_weight == Approx(11.0 / 18.0));
  CHECK(plan->criteria[1].strategic_weight == Approx(2.0 / 18.0));
}

TEST_CASE("swings are shared out among the criteria") {
  auto configuration = small_configuration();
  configuration.weights.kind = weighting::source::swing;
  configuration.weights.swings = {{"a", 100.0}, {"b", 60.0}, {"c", 40.0}};
  const auto plan = compile(configuration);
  REQUIRE(plan);
  CHECK(planned_weights(*plan) == std::vector<double>{0.5, 0.3, 0.2});
}

TEST_CASE("a broken configuration does not compile and all faults are named") {
  auto configuration = small_configuration();
  configuration.criteria[0].weight = 0.5;
  configuration.combination.risk_penalty_max = 2.0;
  const auto plan = compile(configuration);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().key == "criteria");
  CHECK(plan.error().hint.find("scoring.max_risk_penalty")
        != std::string::npos);
}

TEST_CASE("compat says which settings it ignores") {
  auto configuration = default_configuration();
  configuration.rules = rule_set::compat;
  configuration.weights.kind = weighting::source::rank_order;
  configuration.criteria[0].function.kind
    = scoring_function::shape::diminishing;
  configuration.criteria[0].function.curvature = 2.0;
  const auto plan = compile(configuration);
  REQUIRE(plan);
  CHECK(plan->warnings.size() == 2);
}

TEST_CASE("two criteria of one source are allowed with a warning") {
  auto configuration = small_configuration();
  configuration.criteria[1].source = configuration.criteria[0].source;
  const auto plan = compile(configuration);
  REQUIRE(plan);
  CHECK(plan->warnings.size() == 1);
}

} // namespace troupe::scoring
