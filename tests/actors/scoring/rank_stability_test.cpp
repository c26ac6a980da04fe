#include "actors/scoring/rank_stability.hpp"
#include "actors/scoring/ranking.hpp"
#include "tests/actors/scoring/random_scores.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::scoring {

using tests::plan_with;
using tests::random_portfolio;

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

TEST_CASE("the top k keeps its places as often as others do not come in") {
  const auto plan = plan_with(rule_set::standard);
  const auto portfolio = random_portfolio(plan, 200, 5);
  const auto options
    = stability_options{.iterations = 150, .spread = 0.5, .top = 8};
  const auto found = measure_stability(plan, portfolio, options).value();
  const auto& rows = found.rows;
  auto steady = std::uint32_t{0};
  for (std::size_t i = 0; i < 8; ++i)
    steady += rows[i].top_probability >= 0.9 ? 1u : 0u;
  CHECK(found.steady == steady);
  CHECK(found.steady < 8);
  REQUIRE(!found.contenders.empty());
  CHECK(found.contenders.size() <= 8);
  auto best_missed = 0.0;
  for (std::uint32_t i = 8; i < rows.size(); ++i)
    if (std::find(found.contenders.begin(), found.contenders.end(), i)
        == found.contenders.end())
      best_missed = std::max(best_missed, rows[i].top_probability);
  for (std::size_t i = 0; i < found.contenders.size(); ++i) {
    const auto at = found.contenders[i];
    CHECK(at >= 8);
    CHECK(rows[at].top_probability > 0.0);
    CHECK(rows[at].top_probability >= best_missed);
    if (i > 0)
      CHECK(rows[at].top_probability
            <= rows[found.contenders[i - 1]].top_probability);
  }
}

} // namespace troupe::scoring
