#include "actors/scoring/stored_portfolio.hpp"
#include "actors/scoring/what_if.hpp"
#include "tests/actors/scoring/stored_runs.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace troupe::scoring {

using tests::make_portfolio;
using tests::stored_runs;

namespace {

stored_portfolio load(const stored_runs& runs, const std::string& run) {
  auto history = scoring_history::open(runs.path());
  REQUIRE(history);
  auto portfolio = load_portfolio(*history, run);
  REQUIRE(portfolio);
  return std::move(*portfolio);
}

/// The configuration that weighs as the change says.
scoring_configuration with_weights(scoring_configuration configuration,
                                   const std::vector<double>& weights,
                                   const scoring_plan& plan) {
  const auto sums = category_weights(plan, weights);
  for (std::size_t k = 0; k < sums.size(); ++k)
    for (auto& category : configuration.categories)
      if (category.id == plan.categories[k].id)
        category.weight = sums[k];
  for (std::size_t j = 0; j < weights.size(); ++j)
    for (auto& criterion : configuration.criteria)
      if (criterion.id == plan.criteria[j].definition.id)
        criterion.weight = weights[j] / sums[plan.criteria[j].category];
  return configuration;
}

} // namespace

TEST_CASE("a stored run has its totals and ranks under its own weights") {
  auto configuration = default_configuration();
  configuration.rules = GENERATE(rule_set::standard, rule_set::compat);
  auto runs = stored_runs{};
  const auto scored = runs.add(make_portfolio(120), configuration);
  const auto portfolio = load(runs, "last");
  REQUIRE(portfolio.scores.rows() == 120);
  CHECK(portfolio.run.id == scored.run);
  const auto same
    = what_if(portfolio.formula.plan, portfolio.scores, {}).value();
  for (const auto& batch : scored.batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      const auto at = batch.first_row + row;
      CHECK(std::abs(same.totals_before[at] - batch.totals.total.doubles()[row])
            < 1e-12);
      CHECK(same.ranks_before[at] == batch.overall_ranks.counts()[row]);
    }
}

TEST_CASE("what if tells what a scoring with these weights gives") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(150));
  const auto portfolio = load(runs, "1");
  const auto& plan = portfolio.formula.plan;
  const auto change = weight_change{.categories = {{"business_value", 0.45},
                                                   {"risk_assessment", 0.01}},
                                    .criteria = {{"cv_user_impact", 0.7}}};
  const auto told = what_if(plan, portfolio.scores, change).value();
  const auto scored
    = runs.add(make_portfolio(150),
               with_weights(default_configuration(), told.weights_after, plan));
  auto moved = 0;
  for (const auto& batch : scored.batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      const auto at = batch.first_row + row;
      CHECK(std::abs(told.totals_after[at] - batch.totals.total.doubles()[row])
            < 1e-12);
      CHECK(told.ranks_after[at] == batch.overall_ranks.counts()[row]);
      moved += told.ranks_after[at] != told.ranks_before[at] ? 1 : 0;
    }
  CHECK(moved > 50);
}

TEST_CASE("items are known by id and title") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(5));
  auto history = scoring_history::open(runs.path()).value();
  const auto run = history.find_run("last").value();
  const auto name = load_name(history, run, 3).value();
  CHECK(name.id == "ITEM-4");
  CHECK(name.title == "Work 4");
}

TEST_CASE("a damaged run is not looked at as if it were whole") {
  const std::string damage
    = GENERATE(as<std::string>{}, "DELETE FROM scoring_items WHERE row = 3",
               "DELETE FROM scoring_items WHERE row = 9",
               "UPDATE scoring_items SET scores = x'00' WHERE row = 3");
  auto runs = stored_runs{};
  runs.add(make_portfolio(10));
  runs.damage(damage);
  auto history = scoring_history::open(runs.path()).value();
  const auto portfolio = load_portfolio(history, "last");
  REQUIRE_FALSE(portfolio);
  CHECK(portfolio.error().kind == runtime::problem_kind::failed);
  CHECK(portfolio.error().hint.find("troupe doctor") != std::string::npos);
}

} // namespace troupe::scoring
