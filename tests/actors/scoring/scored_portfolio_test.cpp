#include "actors/scoring/scored_portfolio.hpp"
#include "actors/scoring/what_if.hpp"
#include "tests/actors/scoring/random_scores.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace troupe::scoring {

using tests::plan_with;
using tests::random_portfolio;

TEST_CASE("totals under the plan's own weights are those of the passes") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  const auto plan = plan_with(rules);
  auto random = std::mt19937{4};
  auto batch = item_batch{};
  batch.rows = 300;
  batch.values.resize(plan.criteria.size());
  for (auto& column : batch.values)
    for (std::size_t row = 0; row < batch.rows; ++row)
      column.push_back(random() % 8 == 0 && rules == rule_set::standard
                         ? missing_value
                         : static_cast<double>(random() % 1000));
  const auto items = view(batch);
  auto scales
    = make_scales(plan, measure(plan, items),
                  std::vector<std::vector<double>>(plan.criteria.size()));
  const auto strategic = score(plan, scales, items, keep::values);
  if (rules == rule_set::compat)
    for (auto raw : strategic.raw)
      scales.strategic_factor = std::max(scales.strategic_factor, raw);
  const auto totals = combine(plan, scales, items, strategic);
  auto portfolio = scored_portfolio{};
  append(portfolio, items, strategic, totals);
  const auto again = totals_under(plan, portfolio, weights_of(plan));
  for (std::size_t row = 0; row < items.rows; ++row)
    CHECK(std::abs(again[row] - totals.total[row]) < 1e-12);
}

TEST_CASE("a selection has the rows that were asked for, in their order") {
  const auto plan = plan_with(rule_set::standard);
  const auto all = random_portfolio(plan, 20, 3);
  const auto rows = std::vector<std::uint32_t>{7, 2, 19};
  const auto some = select(all, rows);
  REQUIRE(some.rows() == 3);
  const auto whole = totals_under(plan, all, weights_of(plan));
  const auto part = totals_under(plan, some, weights_of(plan));
  for (std::size_t i = 0; i < rows.size(); ++i)
    CHECK(part[i] == whole[rows[i]]);
}

TEST_CASE("an item whose only values lose their weight is not a known one") {
  const auto plan = plan_with(rule_set::standard);
  auto portfolio = random_portfolio(plan, 1, 8);
  for (auto& column : portfolio.values)
    column[0] = missing_value;
  portfolio.values[0][0] = 1.0;
  portfolio.has_financial[0] = 1;
  portfolio.financial[0] = portfolio.financial_normalised[0] = 0.5;
  portfolio.penalty[0] = 0.0;
  auto weights = weights_of(plan);
  CHECK(totals_under(plan, portfolio, weights)[0] > 0.5);
  for (std::size_t j = 0; j < weights.size(); ++j)
    if (plan.criteria[j].category == plan.criteria[0].category)
      weights[j] = 0.0;
  // The money alone, as for an item that has nothing else.
  CHECK(totals_under(plan, portfolio, weights)[0] == 0.5);
}

} // namespace troupe::scoring
