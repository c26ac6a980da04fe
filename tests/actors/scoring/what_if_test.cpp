#include "actors/scoring/ranking.hpp"
#include "actors/scoring/what_if.hpp"
#include "tests/actors/scoring/random_scores.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace troupe::scoring {

using tests::plan_with;
using tests::random_portfolio;

TEST_CASE("what is named weighs what it says, the others share the rest") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  const auto plan = plan_with(rules);
  const auto before = weights_of(plan);
  const auto same = changed_weights(plan, {}).value();
  for (std::size_t j = 0; j < same.size(); ++j)
    CHECK(same[j] == Approx(before[j]));
  const auto changed
    = changed_weights(plan, {.categories = {{"business_value", 0.4},
                                            {"risk_assessment", 0.0}},
                             .criteria = {{"cv_user_impact", 0.5}}})
        .value();
  CHECK(std::accumulate(changed.begin(), changed.end(), 0.0) == Approx(1.0));
  const auto old_sums = category_weights(plan, before);
  const auto sums = category_weights(plan, changed);
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const auto& id = plan.categories[k].id;
    const auto others = 1.0 - old_sums[0] - old_sums[4];
    if (id == "business_value")
      CHECK(sums[k] == Approx(0.4));
    else if (id == "risk_assessment")
      CHECK(sums[k] == 0.0);
    else
      CHECK(sums[k] == Approx(old_sums[k] / others * 0.6));
  }
  for (std::size_t j = 0; j < changed.size(); ++j) {
    const auto k = plan.criteria[j].category;
    const auto& id = plan.criteria[j].definition.id;
    if (id == "cv_user_impact")
      CHECK(changed[j] == Approx(0.5 * sums[k]));
    else if (plan.categories[k].id == "business_value")
      CHECK(changed[j] / sums[k] == Approx(before[j] / old_sums[k]));
  }
}

TEST_CASE("weights that cannot sum to 1 are refused") {
  const auto plan = plan_with(rule_set::standard);
  const auto key_of = [&](const weight_change& change) {
    const auto changed = changed_weights(plan, change);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().kind == runtime::problem_kind::invalid_input);
    return changed.error().key;
  };
  CHECK(key_of({.categories = {{"nonsense", 0.5}}, .criteria = {}})
        == "nonsense");
  CHECK(key_of({.categories = {}, .criteria = {{"nonsense", 0.5}}})
        == "nonsense");
  CHECK(key_of({.categories = {{"customer_value", -0.1}}, .criteria = {}})
        == "customer_value");
  CHECK(key_of({.categories = {{"customer_value", 1.1}}, .criteria = {}})
        == "customer_value");
  CHECK(
    key_of({.categories = {{"customer_value", missing_value}}, .criteria = {}})
    == "customer_value");
  CHECK(
    key_of({.categories = {{"customer_value", 0.6}, {"business_value", 0.6}},
            .criteria = {}})
    == "the categories");
  CHECK(key_of({.categories = {},
                .criteria = {{"bv_business_value_raw", 0.2},
                             {"bv_revenue_impact", 0.2},
                             {"bv_cost_savings", 0.2},
                             {"bv_time_criticality", 0.2}}})
        == "business_value");
  const auto alone
    = changed_weights(plan,
                      {.categories = {{"business_value", 1.0}}, .criteria = {}})
        .value();
  CHECK(category_weights(plan, alone)[0] == Approx(1.0));
}

TEST_CASE("weights are read with or without their category") {
  const auto plan = plan_with(rule_set::standard);
  const auto texts
    = std::vector<std::string>{"business_value=0.4",
                               "customer_value.cv_user_impact=0.5",
                               "bv_revenue_impact=1e-1"};
  const auto change = parse_weight_change(plan, texts).value();
  CHECK(change.categories
        == decltype(change.categories){{"business_value", 0.4}});
  CHECK(change.criteria
        == decltype(change.criteria){{"cv_user_impact", 0.5},
                                     {"bv_revenue_impact", 0.1}});
}

TEST_CASE("a misspelt weight is answered with the nearest name") {
  const auto plan = plan_with(rule_set::standard);
  const auto hint_of = [&](const std::string& text) {
    const auto read = parse_weight_change(plan, std::vector{text});
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == runtime::problem_kind::invalid_input);
    return read.error().hint;
  };
  CHECK(hint_of("busines_value=0.4") == "did you mean \"business_value\"?");
  CHECK(hint_of("customer_value.cv_user_impct=0.4")
        == "did you mean \"customer_value.cv_user_impact\"?");
  CHECK(hint_of("business_value.cv_user_impact=0.4")
        == "did you mean \"customer_value.cv_user_impact\"?");
  CHECK(hint_of("cv_user_imapct=0.4") == "did you mean \"cv_user_impact\"?");
  CHECK(
    hint_of("xyzzy=0.4").starts_with("the categories are business_value, "));
  for (const auto* text : {"", "=", "=1", "business_value",
                           "business_value=", "business_value=much",
                           "business_value=0.4 ", "business_value=0,4"})
    CHECK(hint_of(text) == "write it as business_value=0.4");
  const auto twice = std::vector<std::string>{
    "cv_user_impact=0.4", "customer_value.cv_user_impact=0.5"};
  CHECK(parse_weight_change(plan, twice).error().hint
        == "give each weight once");
}

TEST_CASE("what if tells totals and ranks before and after") {
  const auto plan = plan_with(rule_set::standard);
  auto portfolio = random_portfolio(plan, 30, 6);
  std::fill(portfolio.has_financial.begin(), portfolio.has_financial.end(),
            std::uint8_t{0});
  const auto only = what_if(plan, portfolio,
                            {.categories = {{"business_value", 1.0}},
                             .criteria = {{"bv_business_value_raw", 1.0}}})
                      .value();
  for (std::size_t row = 0; row < portfolio.rows(); ++row) {
    const auto value = portfolio.values[0][row];
    CHECK(only.totals_after[row]
          == Approx(
            std::isnan(value) ? 0.0 : value * (1.0 - portfolio.penalty[row])));
  }
  CHECK(only.totals_before == totals_under(plan, portfolio, weights_of(plan)));
  CHECK(only.weights_before == weights_of(plan));
  CHECK(only.weights_after[0] == Approx(1.0));
  CHECK(only.ranks_after
        == ranks_from_order(order_descending(only.totals_after)));
  CHECK(only.ranks_before != only.ranks_after);
  const auto same = what_if(plan, portfolio, {}).value();
  CHECK(same.ranks_after == same.ranks_before);
}

TEST_CASE("moves tell who came into the top, who left, who moved furthest") {
  auto result = what_if_result{};
  //                    a  b  c  d  e  f
  result.ranks_before = {1, 2, 3, 4, 5, 6};
  result.ranks_after = {1, 6, 2, 4, 3, 5};
  const auto moves = find_moves(result, 2);
  CHECK(moves.entered == std::vector<std::uint32_t>{2});
  CHECK(moves.left == std::vector<std::uint32_t>{1});
  CHECK(moves.largest == std::vector<std::uint32_t>{1, 4});
  CHECK(moves.risen == 3);
  CHECK(moves.fallen == 1);
  const auto all = find_moves(result, 100);
  CHECK(all.entered.empty());
  CHECK(all.left.empty());
  CHECK(all.largest == std::vector<std::uint32_t>{1, 4, 2, 5});
  CHECK(find_moves({}, 3).largest.empty());
}

} // namespace troupe::scoring
