#include "actors/scoring/portfolio.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <numeric>

using namespace troupe;
using namespace troupe::scoring;

namespace {

/// Owns what `portfolio_columns` borrows: n items of one category, the first
/// half with financial data, scores falling with the row.
struct fixture {
  scoring_plan plan;
  scoring_scales scales;
  std::size_t rows;
  std::vector<double> raw;
  std::vector<double> category;
  std::vector<double> financial;
  std::vector<std::uint32_t> rank;
  std::vector<std::uint32_t> reversed;
  std::vector<std::vector<double>> figures;
  std::vector<std::uint8_t> has_financials;

  explicit fixture(std::size_t n) : rows{n} {
    plan.categories = {{"value", 1.0}};
    planned_criterion only;
    only.definition.id = "only";
    only.global_weight = only.strategic_weight = 0.5;
    plan.criteria = {only};
    figures.assign(financial_figure_count,
                   std::vector<double>(n, missing_value));
    for (std::size_t row = 0; row < n; ++row) {
      const auto share = static_cast<double>(row) / static_cast<double>(n);
      raw.push_back(1.0 - share);
      category.push_back(0.5 * (1.0 - share));
      rank.push_back(static_cast<std::uint32_t>(row + 1));
      reversed.push_back(static_cast<std::uint32_t>(n - row));
      has_financials.push_back(row < n / 2 ? 1 : 0);
      financial.push_back(row < n / 2 ? 0.5 : 0.0);
      if (row >= n / 2)
        continue;
      set(financial_figure::npv, row, 10.0);
      set(financial_figure::investment, row, 100.0);
      set(financial_figure::total_financial_score, row, share);
      set(financial_figure::combined_financial_score, row, 0.5);
      set(financial_figure::confidence_level, row, 0.8);
    }
  }

  void set(financial_figure figure, std::size_t row, double value) {
    figures[static_cast<std::size_t>(figure)][row] = value;
  }

  [[nodiscard]] portfolio_columns columns() const {
    portfolio_columns result;
    result.rows = rows;
    result.strategic_raw = raw;
    result.categories = {category};
    result.strategic = raw;
    result.financial = financial;
    result.total = raw;
    result.overall_rank = rank;
    result.financial_rank = rank;
    result.strategic_rank = rank;
    result.financials.assign(figures.begin(), figures.end());
    result.has_financials = has_financials;
    return result;
  }

  [[nodiscard]] portfolio_summary summary() const {
    return summarise(plan, scales, columns());
  }
};

} // namespace

TEST_CASE("a distribution has population moments and linear percentiles") {
  const std::vector<double> values{4.0, missing_value, 2.0, 1.0, 3.0, 5.0};
  const auto result = distribution_of(values);
  CHECK(result.mean == 3.0);
  CHECK(result.deviation == Approx(std::sqrt(2.0)));
  CHECK(result.minimum == 1.0);
  CHECK(result.maximum == 5.0);
  CHECK(result.percentile_25 == 2.0);
  CHECK(result.percentile_50 == 3.0);
  CHECK(result.percentile_90 == Approx(4.6));
  CHECK(distribution_of({}).mean == 0.0);
}

TEST_CASE("a correlation is Pearson's, and undefined for a constant") {
  const std::vector<double> rising{1.0, 2.0, 3.0, 4.0};
  const std::vector<double> falling{8.0, 6.0, 4.0, 2.0};
  const std::vector<double> constant(4, 0.1);
  CHECK(correlation(rising, rising) == Approx(1.0));
  CHECK(correlation(rising, falling) == Approx(-1.0));
  CHECK(std::isnan(correlation(rising, constant)));
  CHECK(std::isnan(correlation({}, {})));
  const std::vector<double> other{2.0, 1.0, 4.0, 3.0};
  CHECK(correlation(rising, other) == Approx(0.6));
}

TEST_CASE("returns add up over all records, inside the portfolio or not") {
  fixture portfolio{10};
  const auto inside = portfolio.summary();
  CHECK(inside.returns.records == 5);
  CHECK(inside.returns.total_npv == 50.0);
  CHECK(inside.returns.roi_percent == Approx(10.0));

  financial_figures outside;
  outside.fill(missing_value);
  outside[static_cast<std::size_t>(financial_figure::npv)] = 50.0;
  outside[static_cast<std::size_t>(financial_figure::investment)] = 500.0;
  outside[static_cast<std::size_t>(financial_figure::combined_financial_score)]
    = 0.9;
  auto columns = portfolio.columns();
  columns.other_financials = {&outside, 1};
  const auto both = summarise(portfolio.plan, portfolio.scales, columns);
  CHECK(both.returns.records == 6);
  CHECK(both.returns.total_npv == 100.0);
  CHECK(both.money.high_value_items == 1);
  CHECK(both.quality.mean_confidence == inside.quality.mean_confidence);
}

TEST_CASE("value at risk is a low percentile, shortfall what lies below") {
  fixture portfolio{42};
  const auto returns = portfolio.summary().returns;
  // Scores A are 0, 1/42, ..., 20/42: the 5th percentile is the second.
  CHECK(returns.value_at_risk == Approx(1.0 / 42.0));
  CHECK(returns.expected_shortfall == Approx(0.5 / 42.0));
  CHECK(returns.sharpe_ratio == Approx((0.1 - 0.03) / returns.risk));
}

TEST_CASE("a portfolio without financial data has no financial figures") {
  fixture portfolio{4};
  auto columns = portfolio.columns();
  columns.financials.clear();
  columns.has_financials = {};
  const auto summary = summarise(portfolio.plan, portfolio.scales, columns);
  CHECK(summary.returns.records == 0);
  CHECK(std::isnan(summary.returns.roi_percent));
  CHECK(std::isnan(summary.money.mean_score));
  CHECK(summary.quality.financial_coverage == 0.0);
  CHECK(summary.basis.strategic_only == 4);
  const auto text
    = nlohmann::json::parse(summary_json(portfolio.plan, summary));
  CHECK(text["portfolio_financial"]["portfolio_metrics"]["portfolio_roi"]
          .is_null());
  CHECK(text["score_basis"]["strategic_only"] == 4);
  CHECK_FALSE(text.contains("ahp"));
}

TEST_CASE("category means are those of the weighted means under standard") {
  fixture portfolio{4};
  CHECK(portfolio.summary().strategy.category_means.at(0) == Approx(0.625));
  portfolio.plan.rules = rule_set::compat;
  CHECK(portfolio.summary().strategy.category_means.at(0) == Approx(0.3125));
}

TEST_CASE("quality adds up coverage, confidence, consistency and spread") {
  fixture portfolio{10};
  const auto quality = portfolio.summary().quality;
  CHECK(quality.financial_coverage == 0.5);
  CHECK(quality.mean_confidence == Approx(0.4));
  CHECK(quality.range == Approx(0.9));
  CHECK(quality.overall
        == Approx(0.15 + 0.12 + 0.2 + 0.09 + 0.4 * quality.variance));
  CHECK(quality.assessment == "fair");
}

TEST_CASE("items whose two ranks differ by more than a fifth are misaligned") {
  fixture portfolio{10};
  CHECK(portfolio.summary().misaligned_items == 0);
  auto columns = portfolio.columns();
  columns.strategic_rank = portfolio.reversed;
  // Differences 9 7 5 3 1 1 3 5 7 9 against a bound of 2.
  CHECK(summarise(portfolio.plan, portfolio.scales, columns).misaligned_items
        == 8);
}

TEST_CASE("advice names the best ranked items that need a look") {
  fixture portfolio{30};
  // Doubt: below 0.6 under standard. Rows 0 to 9 are the ten best.
  portfolio.set(financial_figure::confidence_level, 3, 0.55);
  portfolio.set(financial_figure::confidence_level, 5, 0.1);
  portfolio.set(financial_figure::confidence_level, 12, 0.1);
  CHECK(portfolio.summary().gather_data.rows == std::vector<std::size_t>{3, 5});
  portfolio.plan.rules = rule_set::compat;
  CHECK(portfolio.summary().gather_data.rows == std::vector<std::size_t>{5});

  // Strategic scores are below 0.3 from row 22 on (1 - 22/30).
  for (const auto row : {2, 25, 27})
    portfolio.financial[static_cast<std::size_t>(row)] = 0.9;
  const auto review = portfolio.summary().review;
  CHECK(review.rows == std::vector<std::size_t>{25, 27});
  CHECK(review.count == 2);
}

TEST_CASE("advice lists ten rows at most and counts all") {
  fixture portfolio{100};
  for (std::size_t row = 75; row < 95; ++row)
    portfolio.financial[row] = 0.9;
  auto columns = portfolio.columns();
  columns.overall_rank = portfolio.reversed;
  const auto review
    = summarise(portfolio.plan, portfolio.scales, columns).review;
  CHECK(review.count == 20);
  REQUIRE(review.rows.size() == 10);
  CHECK(review.rows.front() == 94);
}

TEST_CASE("compat refuses financial data for fewer than a tenth of the items") {
  scoring_plan plan;
  plan.rules = rule_set::compat;
  const auto refused = check_coverage(plan, 100, 9);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
  CHECK(check_coverage(plan, 100, 10)->size() == 1);
  CHECK(check_coverage(plan, 100, 50)->empty());
  CHECK_FALSE(check_coverage(plan, 0, 0));
}

TEST_CASE("standard rules warn about low coverage where it matters") {
  scoring_plan plan;
  CHECK(check_coverage(plan, 100, 0)->size() == 1);
  plan.combination.mode = integration_mode::criteria_only;
  CHECK(check_coverage(plan, 100, 0)->empty());
  CHECK_FALSE(check_coverage(plan, 0, 0));
}

TEST_CASE("rank stability measures how far items moved") {
  std::vector<std::uint32_t> before(20);
  std::iota(before.begin(), before.end(), 1U);
  auto after = before;
  CHECK(compare_ranks(before, after).stability == 1.0);
  CHECK(compare_ranks(before, after).sensitivity == "low");
  std::swap(after[0], after[19]);
  const auto moved = compare_ranks(before, after);
  CHECK(moved.mean_move == Approx(1.9));
  CHECK(moved.largest_move == 19);
  CHECK(moved.significant_moves == 2);
  CHECK(moved.stability == Approx(1.0 / 2.9));
  std::swap(after[1], after[18]);
  CHECK(compare_ranks(before, after).sensitivity == "medium");
  std::reverse(after.begin(), after.end());
  CHECK(compare_ranks({}, {}).stability == 1.0);
}
