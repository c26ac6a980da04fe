#include "actors/scoring/scoring_rule.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace troupe::scoring;

namespace {

/// A plan of one criterion, in the only category, and its scale from 2 to 6.
struct single {
  scoring_plan plan;
  scoring_scales scales;

  single() {
    plan.categories = {{"value", 1.0}};
    plan.criteria.resize(1);
    plan.criteria[0].global_weight = 0.75;
    plan.criteria[0].strategic_weight = 0.25;
    auto scale = criterion_scale{};
    scale.count = 5;
    scale.minimum = 2.0;
    scale.maximum = 6.0;
    scale.mean = 4.0;
    scale.deviation = 1.5;
    scale.low = 3.0;
    scale.high = 5.0;
    scale.sorted = {2.0, 4.0, 4.0, 4.0, 6.0};
    scales.rows = 5;
    scales.criteria = {scale};
  }

  criterion& definition() {
    return plan.criteria[0].definition;
  }

  [[nodiscard]] scoring_rule rule() const {
    return make_scoring_rules(plan, scales).front();
  }
};

} // namespace

TEST_CASE("each normalisation becomes its form with the bounds of the scale") {
  auto of = single{};
  using form = scoring_rule::form;
  CHECK(of.rule().normal == form::ratio);
  CHECK(of.rule().offset == 2.0);
  CHECK(of.rule().extent == 4.0);
  of.definition().method = normalisation::robust;
  CHECK(of.rule().normal == form::ratio);
  CHECK(of.rule().low == 3.0);
  CHECK(of.rule().high == 5.0);
  of.definition().method = normalisation::zscore;
  CHECK(of.rule().normal == form::logistic);
  CHECK(of.rule().extent == 1.5);
  of.definition().method = normalisation::percentile;
  CHECK(of.rule().normal == form::mid_rank);
  of.definition().method = normalisation::none;
  CHECK(of.rule().normal == form::raw);
}

TEST_CASE("a column of equal values becomes a constant") {
  auto of = single{};
  of.scales.criteria[0].maximum = 2.0;
  of.scales.criteria[0].deviation = 0.0;
  CHECK(of.rule().normal == scoring_rule::form::constant);
  of.definition().method = normalisation::zscore;
  CHECK(of.rule().normal == scoring_rule::form::constant);
}

TEST_CASE("a range that overflows is halved first") {
  auto of = single{};
  of.scales.criteria[0].minimum = -1e308;
  of.scales.criteria[0].maximum = 1e308;
  CHECK(of.rule().prescale == 0.5);
  CHECK(std::isfinite(of.rule().extent));
}

TEST_CASE("the rule sets turn values and weigh them in their own ways") {
  auto of = single{};
  of.definition().better = direction::lower_is_better;
  CHECK(of.rule().inversion == scoring_rule::turn::complement);
  CHECK(of.rule().category_weight == 0.25);
  CHECK(of.rule().may_be_missing);
  of.plan.rules = rule_set::compat;
  CHECK(of.rule().inversion == scoring_rule::turn::reciprocal);
  CHECK(of.rule().category_weight == 0.75);
  CHECK_FALSE(of.rule().may_be_missing);
}

TEST_CASE("a missing value follows the policy of its criterion") {
  auto of = single{};
  CHECK(std::isnan(of.rule().stand_in));
  CHECK_FALSE(of.rule().is_zero_when_missing);
  of.definition().missing = missing_policy::mean;
  CHECK(of.rule().stand_in == 4.0);
  of.definition().missing = missing_policy::zero;
  CHECK(of.rule().is_zero_when_missing);
}

TEST_CASE("weights are summed by category and as a whole") {
  auto of = single{};
  of.plan.categories.push_back({"empty", 0.0});
  const auto rules = make_scoring_rules(of.plan, of.scales);
  const auto sums = sum_weights(of.plan, rules);
  CHECK(sums.by_category == std::vector<double>{0.25, 0.0});
  CHECK(sums.categories == 0.25);
  CHECK(sums.criteria == 0.25);
}

TEST_CASE("a mid rank is the share below plus half of the equal ones") {
  auto of = single{};
  of.definition().method = normalisation::percentile;
  const auto rule = of.rule();
  CHECK(apply_mid_rank(rule, 1.0) == 0.0);
  CHECK(apply_mid_rank(rule, 4.0) == 0.5);
  CHECK(apply_mid_rank(rule, 9.0) == 1.0);
}

TEST_CASE("the logistic form is a half at the mean and rises") {
  auto of = single{};
  of.definition().method = normalisation::zscore;
  const auto rule = of.rule();
  CHECK(apply_logistic(rule, 4.0) == 0.5);
  CHECK(apply_logistic(rule, 5.5) == Approx(1.0 / (1.0 + std::exp(-1.0))));
}

TEST_CASE("scoring functions keep 0 and 1 and bend what is between") {
  auto function = scoring_function{};
  function.curvature = 3.0;
  using shape = scoring_function::shape;
  for (const auto kind :
       {shape::logarithmic, shape::exponential, shape::diminishing}) {
    function.kind = kind;
    CHECK(apply_function(function, 0.0) == 0.0);
    CHECK(apply_function(function, 1.0) == 1.0);
    CHECK(apply_function(function, 7.0) == 1.0);
  }
  CHECK(apply_function(function, 0.5) > 0.5);
  function.kind = shape::exponential;
  CHECK(apply_function(function, 0.5) < 0.5);
  function.curvature = 0.0;
  CHECK(apply_function(function, 0.5) == 0.5);
}

TEST_CASE("a step function holds the level of the last step reached") {
  auto function = scoring_function{};
  function.kind = scoring_function::shape::step;
  function.breakpoints = {{0.25, 0.5}, {0.75, 1.0}};
  CHECK(apply_function(function, 0.2) == 0.0);
  CHECK(apply_function(function, 0.25) == 0.5);
  CHECK(apply_function(function, 0.8) == 1.0);
}
