#include "actors/scoring/configuration.hpp"
#include "actors/scoring/rank_stability.hpp"
#include "actors/scoring/ranking.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace troupe::scoring {

namespace {

/// The default plan on random values, a tenth of them missing.
scored_portfolio random_portfolio(const scoring_plan& plan, std::size_t rows,
                                  unsigned seed) {
  auto random = std::mt19937{seed};
  const auto uniform
    = [&] { return static_cast<double>(random() % 100'000) / 100'000.0; };
  auto portfolio = scored_portfolio{};
  portfolio.values.resize(plan.criteria.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (auto& column : portfolio.values)
      column.push_back(random() % 10 == 0 && plan.rules == rule_set::standard
                         ? missing_value
                         : uniform());
    const auto has = random() % 2 == 0;
    portfolio.has_financial.push_back(has ? 1 : 0);
    portfolio.has_strategic.push_back(1);
    portfolio.financial.push_back(has ? uniform() : 0.0);
    portfolio.financial_normalised.push_back(portfolio.financial.back());
    portfolio.penalty.push_back(has ? 0.3 * uniform() : 0.0);
  }
  return portfolio;
}

scoring_plan plan_with(rule_set rules) {
  auto configuration = default_configuration();
  configuration.rules = rules;
  return compile(configuration).value();
}

} // namespace

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

TEST_CASE("an experiment depends on its seed only") {
  const auto plan = plan_with(rule_set::standard);
  const auto portfolio = random_portfolio(plan, 120, 1);
  const auto options = stability_options{.seed = 9, .iterations = 60};
  const auto whole = measure_stability(plan, portfolio, options).value();
  const auto experiment
    = stability_experiment::create(plan, portfolio, options).value();
  auto counts = experiment.run(41, 60);
  merge(counts, experiment.run(0, 17));
  merge(counts, experiment.run(17, 24));
  const auto parts = experiment.summarise(counts);
  CHECK(counts.iterations == 60);
  CHECK(parts.mean_move == whole.mean_move);
  for (std::size_t i = 0; i < whole.rows.size(); ++i) {
    CHECK(parts.rows[i].index == whole.rows[i].index);
    CHECK(parts.rows[i].mean_move == whole.rows[i].mean_move);
    CHECK(parts.rows[i].top_probability == whole.rows[i].top_probability);
  }
  auto other = options;
  other.seed = 10;
  CHECK(measure_stability(plan, portfolio, other)->mean_move
        != whole.mean_move);
}

TEST_CASE("without noise nothing moves") {
  const auto plan = plan_with(rule_set::compat);
  const auto portfolio = random_portfolio(plan, 50, 2);
  const auto found
    = measure_stability(plan, portfolio, {.iterations = 5, .spread = 0.0})
        .value();
  CHECK(found.mean_move == 0.0);
  CHECK(found.stability == 1.0);
  CHECK(found.verdict == sensitivity::low);
  for (const auto& row : found.rows)
    CHECK(row.top_probability == (row.rank <= 10 ? 1.0 : 0.0));
}

TEST_CASE("more noise moves ranks further") {
  const auto plan = plan_with(rule_set::standard);
  const auto portfolio = random_portfolio(plan, 400, 3);
  const auto move = [&](double spread) {
    return measure_stability(plan, portfolio, {.spread = spread}).value();
  };
  const auto little = move(0.05);
  const auto much = move(0.9);
  CHECK(little.mean_move > 0.0);
  CHECK(much.mean_move > 2 * little.mean_move);
  CHECK(much.verdict == sensitivity::high);
  CHECK(much.stability == Approx(1.0 / (1.0 + much.mean_move)));
  auto probability = 0.0;
  for (const auto& row : much.rows)
    probability += row.top_probability;
  CHECK(probability == Approx(10.0));
}

TEST_CASE("of a large portfolio the best rows are looked at") {
  const auto plan = plan_with(rule_set::standard);
  const auto portfolio = random_portfolio(plan, 500, 4);
  const auto found
    = measure_stability(plan, portfolio, {.iterations = 3, .rows_max = 40})
        .value();
  const auto order
    = order_descending(totals_under(plan, portfolio, weights_of(plan)));
  REQUIRE(found.rows.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(found.rows[i].index == order[i]);
    CHECK(found.rows[i].rank == i + 1);
  }
}

TEST_CASE("an experiment out of bounds is refused") {
  const auto plan = plan_with(rule_set::standard);
  const auto key_of = [&](const stability_options& options) {
    const auto found = measure_stability(plan, {}, options);
    REQUIRE_FALSE(found);
    return found.error().key;
  };
  CHECK(key_of({.spread = 1.5}) == "spread");
  CHECK(key_of({.spread = missing_value}) == "spread");
  CHECK(key_of({.iterations = 0}) == "iterations");
  CHECK(key_of({.iterations = 100'001}) == "iterations");
  CHECK(key_of({.rows_max = 0}) == "rows_max");
  auto empty = scored_portfolio{};
  empty.values.resize(plan.criteria.size());
  CHECK(measure_stability(plan, empty, {})->stability == 1.0);
}

TEST_CASE("changed weights keep their sum and what is not named") {
  const auto plan = plan_with(rule_set::standard);
  const auto same = changed_weights(plan, {}).value();
  const auto before = weights_of(plan);
  for (std::size_t j = 0; j < same.size(); ++j)
    CHECK(same[j] == Approx(before[j]));
  const auto changed
    = changed_weights(plan, {.categories = {{"risk_assessment", 0.0}},
                             .criteria = {{"bv_revenue_impact", 3.0}}})
        .value();
  CHECK(std::accumulate(changed.begin(), changed.end(), 0.0) == Approx(1.0));
  CHECK(changed[1] > 4 * changed[0]);
  for (std::size_t j = 14; j < 18; ++j)
    CHECK(changed[j] == 0.0);
  CHECK(changed[4] / changed[5] == Approx(before[4] / before[5]));
  CHECK(
    changed_weights(plan, {.categories = {{"nonsense", 1.0}}, .criteria = {}})
      .error()
      .key
    == "nonsense");
  CHECK_FALSE(changed_weights(plan, {.categories = {{"customer_value", -1.0}},
                                     .criteria = {}}));
}

TEST_CASE("what if tells totals and ranks before and after") {
  const auto plan = plan_with(rule_set::standard);
  auto portfolio = random_portfolio(plan, 30, 6);
  std::fill(portfolio.has_financial.begin(), portfolio.has_financial.end(),
            std::uint8_t{0});
  const auto only = what_if(plan, portfolio,
                            {.categories = {{"business_value", 1.0},
                                            {"strategic_alignment", 0.0},
                                            {"customer_value", 0.0},
                                            {"implementation_complexity", 0.0},
                                            {"risk_assessment", 0.0}},
                             .criteria = {{"bv_business_value_raw", 1.0},
                                          {"bv_revenue_impact", 0.0},
                                          {"bv_cost_savings", 0.0},
                                          {"bv_time_criticality", 0.0}}})
                      .value();
  for (std::size_t row = 0; row < portfolio.rows(); ++row) {
    const auto value = portfolio.values[0][row];
    CHECK(only.totals[row]
          == Approx(
            std::isnan(value) ? 0.0 : value * (1.0 - portfolio.penalty[row])));
  }
  CHECK(only.ranks_after == ranks_from_order(order_descending(only.totals)));
  CHECK(only.ranks_before != only.ranks_after);
  CHECK(what_if(plan, portfolio, {})->ranks_after
        == what_if(plan, portfolio, {})->ranks_before);
}

} // namespace troupe::scoring
