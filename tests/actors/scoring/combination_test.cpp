#include "actors/scoring/combination.hpp"
#include "actors/scoring/financial.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using namespace troupe::scoring;

namespace {

constexpr std::array<integration_mode, 5> modes{
  integration_mode::balanced,           integration_mode::financial_only,
  integration_mode::criteria_only,      integration_mode::financial_priority,
  integration_mode::strategic_priority,
};

/// Items with financial records (or none) and strategic scores.
struct small_portfolio {
  std::vector<std::optional<financial_record>> records;
  strategic_batch strategic;

  void add(std::optional<financial_record> record, double raw,
           double completeness = 1.0) {
    records.push_back(std::move(record));
    strategic.raw.push_back(raw);
    strategic.completeness.push_back(completeness);
    ++strategic.rows;
  }
};

item_batch to_items(const small_portfolio& portfolio, rule_set rules) {
  item_batch items;
  items.rows = portfolio.records.size();
  items.financials.assign(financial_figure_count, {});
  for (const auto& record : portfolio.records) {
    const auto figures
      = record ? evaluate(*record, rules) : financial_figures{};
    for (std::size_t i = 0; i < figures.size(); ++i)
      items.financials[i].push_back(record ? figures[i] : missing_value);
    items.has_financials.push_back(record ? 1 : 0);
  }
  return items;
}

std::uint64_t bits(double value) {
  return std::bit_cast<std::uint64_t>(value);
}

/// Reference and totals of a portfolio.
total_batch combine_all(const scoring_plan& plan,
                        const small_portfolio& portfolio) {
  const auto items = to_items(portfolio, plan.rules);
  scoring_scales scales;
  scales.financial_reference = financial_reference(
    plan.combination, items.financials[static_cast<std::size_t>(
                        financial_figure::combined_financial_score)]);
  return combine(plan, scales, view(items), portfolio.strategic);
}

financial_record random_record(std::mt19937_64& source) {
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  financial_record record;
  record.initial_investment = 1e5 * unit(source);
  record.expected_revenue = {1e5 * unit(source), 1e5 * unit(source)};
  record.quality_improvement_factor = 0.5 + 2.0 * unit(source);
  record.cost_of_delay_per_month = 2e4 * unit(source);
  record.risk = static_cast<risk_class>(source() % 5);
  return record;
}

small_portfolio random_portfolio(std::mt19937_64& source, std::size_t rows) {
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  small_portfolio portfolio;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto record
      = source() % 3 == 0 ? std::nullopt : std::optional{random_record(source)};
    const auto known = source() % 8 != 0;
    portfolio.add(record, known ? unit(source) : 0.0, known ? 1.0 : 0.0);
  }
  return portfolio;
}

scoring_plan plan_for(rule_set rules, integration_mode mode) {
  scoring_plan plan;
  plan.rules = rules;
  plan.combination.mode = mode;
  return plan;
}

} // namespace

TEST_CASE("each mode combines two scores by its formula") {
  combination_settings settings;
  const score_pair scores{.financial = 0.2,
                          .financial_normalised = 0.5,
                          .strategic = 0.8,
                          .basis = score_basis::financial_and_strategic};
  const auto total = [&](integration_mode mode, rule_set rules) {
    settings.mode = mode;
    return combine_scores(settings, rules, scores);
  };
  const auto standard = rule_set::standard;
  const auto compat = rule_set::compat;
  CHECK(total(modes[0], standard) == Approx(0.4 * 0.5 + 0.6 * 0.8));
  CHECK(total(modes[0], compat) == Approx(0.4 * 0.5 + 0.6 * 0.8));
  CHECK(total(modes[1], standard) == 0.5);
  CHECK(total(modes[1], compat) == 0.2);
  CHECK(total(modes[2], standard) == 0.8);
  CHECK(total(modes[2], compat) == 0.8);
  CHECK(total(modes[3], standard) == Approx(0.5 * 1.06));
  CHECK(total(modes[3], compat) == Approx(0.5 * 1.06));
  CHECK(total(modes[4], standard) == Approx(0.8));
  CHECK(total(modes[4], compat) == Approx(0.8 * 0.94));
}

TEST_CASE("what is unknown is left out under the standard rules") {
  combination_settings settings;
  score_pair scores{.financial = 0.0,
                    .financial_normalised = 0.0,
                    .strategic = 0.8,
                    .basis = score_basis::strategic_only};
  CHECK(combine_scores(settings, rule_set::standard, scores) == 0.8);
  CHECK(combine_scores(settings, rule_set::compat, scores) == Approx(0.48));
  settings.mode = integration_mode::financial_only;
  CHECK(combine_scores(settings, rule_set::standard, scores) == 0.0);
  settings.mode = integration_mode::strategic_priority;
  scores = {.financial = 0.3,
            .financial_normalised = 0.6,
            .strategic = 0.0,
            .basis = score_basis::financial_only};
  CHECK(combine_scores(settings, rule_set::standard, scores) == 0.6);
}

TEST_CASE("the risk penalty rises with risk under the standard rules only") {
  combination_settings settings;
  const auto standard = [&](double level) {
    return risk_penalty(settings, rule_set::standard, level);
  };
  CHECK(standard(missing_value) == 0.0);
  CHECK(standard(0.0) == 0.0);
  CHECK(standard(0.5) == Approx(0.15));
  CHECK(standard(1.0) == Approx(0.3));
  const auto compat = [&](double factor) {
    return risk_penalty(settings, rule_set::compat, factor);
  };
  CHECK(compat(missing_value) == Approx(0.3));
  CHECK(compat(0.95) == Approx(0.3));
  CHECK(compat(1.25) == Approx(0.225));
  settings.risk_adjustment = false;
  CHECK(standard(1.0) == 0.0);
  CHECK(compat(1.0) == 0.0);
}

TEST_CASE("the financial reference is a quantile of the defined scores") {
  combination_settings settings;
  settings.normalisation_percentile = 0.5;
  CHECK(financial_reference(settings, {0.4, missing_value, 0.1, 0.2}) == 0.2);
  CHECK(financial_reference(settings, {0.1, 0.2}) == Approx(0.15));
  CHECK(financial_reference(settings, {missing_value}) == 0.0);
}

TEST_CASE("items say what their total rests on") {
  small_portfolio portfolio;
  financial_record known;
  known.expected_revenue = {100.0};
  portfolio.add(known, 0.5);
  portfolio.add(known, 0.0, 0.0);
  portfolio.add(std::nullopt, 0.5);
  portfolio.add(financial_record{}, 0.0, 0.0);
  const auto items = to_items(portfolio, rule_set::standard);
  const auto basis = [&](std::size_t row) {
    return basis_of(view(items), portfolio.strategic.completeness, row);
  };
  CHECK(basis(0) == score_basis::financial_and_strategic);
  CHECK(basis(1) == score_basis::financial_only);
  CHECK(basis(2) == score_basis::strategic_only);
  CHECK(basis(3) == score_basis::nothing);
  CHECK(
    basis_of({.rows = 1, .values = {}, .financials = {}, .has_financials = {}},
             {}, 0)
    == score_basis::strategic_only);
}

TEST_CASE("a batch without financial data combines without columns") {
  scoring_plan plan;
  item_view items;
  items.rows = 2;
  strategic_batch strategic;
  strategic.rows = 2;
  strategic.raw = {0.25, 0.75};
  const auto result = combine(plan, {}, items, strategic);
  CHECK(result.total == std::vector<double>{0.25, 0.75});
  CHECK(result.penalty.empty());
}

TEST_CASE("totals that are the strategic scores are known as such") {
  constexpr auto values
    = std::array{0.0, 0.5, 1.0, -0.0, 1.5, -0.5, missing_value};
  auto source = std::mt19937_64{23};
  auto known = 0;
  for (auto round = 0; round < 500; ++round) {
    for (const auto mode : modes) {
      const auto plan = plan_for(rule_set::standard, mode);
      auto strategic = strategic_batch{};
      strategic.rows = 1 + source() % 3;
      for (auto row = std::size_t{0}; row < strategic.rows; ++row)
        strategic.raw.push_back(values[source() % values.size()]);
      if (source() % 4 == 0)
        strategic.completeness.assign(strategic.rows, 0.0);
      auto items = item_view{};
      items.rows = strategic.rows;
      if (!is_total_strategic(plan, items, strategic))
        continue;
      ++known;
      const auto totals = combine(plan, {}, items, strategic);
      const auto same = [&](const std::vector<double>& column) {
        return std::ranges::equal(column, strategic.raw, {}, bits, bits);
      };
      CHECK(same(totals.total));
      CHECK(same(totals.strategic));
      CHECK(totals.financial == std::vector<double>(strategic.rows));
      CHECK(totals.financial_normalised == totals.financial);
      CHECK(totals.penalty.empty());
    }
  }
  CHECK(known > 50);
  CHECK_FALSE(is_total_strategic(plan_for(rule_set::compat, modes[0]), {}, {}));
}

TEST_CASE("a total is in 0 to 1 whatever the mode and the items") {
  std::mt19937_64 source{21};
  for (auto round = 0; round < 200; ++round) {
    const auto portfolio = random_portfolio(source, 1 + source() % 20);
    for (const auto rules : {rule_set::standard, rule_set::compat}) {
      for (const auto mode : modes) {
        auto plan = plan_for(rules, mode);
        plan.combination.dynamic_normalisation = source() % 2 == 0;
        plan.combination.normalisation_percentile
          = static_cast<double>(source() % 101) / 100.0;
        for (const auto total : combine_all(plan, portfolio).total) {
          CHECK(total >= 0.0);
          CHECK(total <= 1.0);
        }
      }
    }
  }
}

TEST_CASE("raising the risk of an item never raises its total") {
  std::mt19937_64 source{22};
  for (auto round = 0; round < 200; ++round) {
    auto portfolio = random_portfolio(source, 1 + source() % 12);
    const auto row = source() % portfolio.records.size();
    portfolio.records[row] = random_record(source);
    for (const auto mode : modes) {
      const auto plan = plan_for(rule_set::standard, mode);
      auto last = 1.0;
      for (auto risk = 0; risk < 5; ++risk) {
        portfolio.records[row]->risk = static_cast<risk_class>(risk);
        const auto total = combine_all(plan, portfolio).total[row];
        // The reference falls with the item's own score, in rounded steps.
        CHECK(total <= last + 1e-12);
        last = total;
      }
    }
  }
}

TEST_CASE("combining does not depend on how rows are cut") {
  std::mt19937_64 source{23};
  const auto portfolio = random_portfolio(source, 50);
  for (const auto rules : {rule_set::standard, rule_set::compat}) {
    for (const auto mode : modes) {
      const auto plan = plan_for(rules, mode);
      const auto items = to_items(portfolio, rules);
      const auto all = view(items);
      scoring_scales scales;
      scales.financial_reference = 0.3;
      scales.strategic_factor = 1.5;
      const auto whole = combine(plan, scales, all, portfolio.strategic);
      for (std::size_t row = 0; row < all.rows; ++row) {
        item_view one;
        one.rows = 1;
        for (const auto& column : all.financials)
          one.financials.push_back(column.subspan(row, 1));
        one.has_financials = all.has_financials.subspan(row, 1);
        strategic_batch strategic;
        strategic.rows = 1;
        strategic.raw = {portfolio.strategic.raw[row]};
        strategic.completeness = {portfolio.strategic.completeness[row]};
        const auto part = combine(plan, scales, one, strategic);
        CHECK(part.total[0] == whole.total[row]);
        CHECK(part.financial_normalised[0] == whole.financial_normalised[row]);
      }
    }
  }
}
