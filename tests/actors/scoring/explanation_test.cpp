#include "actors/scoring/combination.hpp"
#include "actors/scoring/configuration.hpp"
#include "actors/scoring/explanation.hpp"
#include "actors/scoring/item_reader.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace troupe::scoring {

namespace {

constexpr auto modes = std::to_array<integration_mode>(
  {integration_mode::balanced, integration_mode::financial_only,
   integration_mode::criteria_only, integration_mode::financial_priority,
   integration_mode::strategic_priority});

/// A portfolio after all three passes.
struct scored {
  scoring_plan plan;
  item_batch batch;
  item_view items;
  scoring_scales scales;
  strategic_batch strategic;
  total_batch totals;
};

std::vector<std::vector<double>> sorted_columns(const scoring_plan& plan,
                                                const item_view& items) {
  auto sorted = std::vector<std::vector<double>>(plan.criteria.size());
  for (std::size_t j = 0; j < sorted.size(); ++j) {
    if (!needs_sorted(plan.criteria[j]))
      continue;
    for (auto value : items.values[j])
      if (!std::isnan(value))
        sorted[j].push_back(value);
    std::sort(sorted[j].begin(), sorted[j].end());
  }
  return sorted;
}

scored score_all(const scoring_configuration& configuration,
                 std::string_view text) {
  auto result = scored{};
  result.plan = compile(configuration).value();
  result.batch = read_items(result.plan, {}, text).value().batch;
  result.items = view(result.batch);
  result.scales = make_scales(result.plan, measure(result.plan, result.items),
                              sorted_columns(result.plan, result.items));
  auto scores = std::vector<double>{};
  if (!result.items.financials.empty())
    for (std::size_t row = 0; row < result.items.rows; ++row)
      if (result.items.has_financials[row] != 0)
        scores.push_back(result.items.financials[static_cast<std::size_t>(
          financial_figure::combined_financial_score)][row]);
  result.scales.financial_reference
    = financial_reference(result.plan.combination, scores);
  result.strategic
    = score(result.plan, result.scales, result.items, keep::values);
  if (configuration.rules == rule_set::compat)
    for (auto raw : result.strategic.raw)
      result.scales.strategic_factor
        = std::max(result.scales.strategic_factor, raw);
  result.totals
    = combine(result.plan, result.scales, result.items, result.strategic);
  return result;
}

double sum(const std::vector<double>& amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), 0.0);
}

item_scores scores_at(const scored& all, std::size_t row) {
  return item_scores_at(all.items, all.strategic, all.totals, row);
}

} // namespace

TEST_CASE("contributions add up to the total in every mode of both rule sets") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  const auto mode = GENERATE(from_range(modes));
  const auto dynamic = GENERATE(true, false);
  auto configuration = default_configuration();
  configuration.rules = rules;
  configuration.combination.mode = mode;
  configuration.combination.dynamic_normalisation = dynamic;
  const auto all
    = score_all(configuration, tests::read_golden_text("items.jsonl"));
  const auto tolerance = rules == rule_set::standard ? 1e-12 : 1e-9;
  for (std::size_t row = 0; row < all.items.rows; ++row) {
    const auto item = scores_at(all, row);
    const auto amounts = contribution_amounts(all.plan, all.scales, item);
    REQUIRE(amounts.size() == all.plan.criteria.size() + other_amount_count);
    CHECK(std::abs(sum(amounts) - all.totals.total[row]) <= tolerance);
  }
}

TEST_CASE("the limit is nothing where nothing was clipped") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  const auto mode = GENERATE(from_range(modes));
  auto configuration = default_configuration();
  configuration.rules = rules;
  configuration.combination.mode = mode;
  const auto all
    = score_all(configuration, tests::read_golden_text("items.jsonl"));
  const auto limit = all.plan.criteria.size() + 5;
  auto unclipped = std::size_t{0};
  for (std::size_t row = 0; row < all.items.rows; ++row) {
    const auto item = scores_at(all, row);
    const auto was_clipped = item.financial_normalised >= 1.0
                             || item.financial >= 1.0 || item.strategic >= 1.0
                             || item.total <= 0.0 || item.total >= 0.699;
    if (was_clipped)
      continue;
    ++unclipped;
    CHECK(std::abs(contribution_amounts(all.plan, all.scales, item)[limit])
          <= 1e-12);
  }
  CHECK(unclipped > 200);
}

TEST_CASE("missing values add nothing and the others stand in for them") {
  auto configuration = default_configuration();
  auto random = std::mt19937{11};
  auto text = std::string{};
  for (auto i = 0; i < 200; ++i) {
    text += "{\"work_item_id\":" + std::to_string(i);
    for (const auto* key : {"business_value_raw", "story_points",
                            "complexity_score", "risk_score"})
      if (random() % 3 != 0)
        text
          += std::string{",\""} + key + "\":" + std::to_string(random() % 100);
    if (random() % 2 == 0)
      text += ",\"financial\":{\"initial_investment\":"
              + std::to_string(random() % 5000) + ",\"expected_revenue\":["
              + std::to_string(random() % 9000) + "],\"risk_level\":\"high\"}";
    text += "}\n";
  }
  for (auto mode : modes) {
    configuration.combination.mode = mode;
    const auto all = score_all(configuration, text);
    for (std::size_t row = 0; row < all.items.rows; ++row) {
      const auto item = scores_at(all, row);
      const auto lines = contributions(all.plan, all.scales, item);
      auto total = 0.0;
      for (std::size_t j = 0; j < lines.size(); ++j) {
        total += lines[j].amount;
        if (std::isnan(lines[j].value))
          CHECK(lines[j].amount == 0.0);
        else if (lines[j].kind == contribution_kind::criterion)
          CHECK(lines[j].amount
                == Approx(lines[j].value * lines[j].weight).margin(1e-15));
      }
      CHECK(std::abs(total - item.total) <= 1e-12);
      CHECK(lines.back().kind == contribution_kind::risk);
      CHECK(lines.back().amount <= 0.0);
    }
  }
}

TEST_CASE("what is not a number explains nothing but adds up") {
  const auto plan = compile(default_configuration()).value();
  auto item = item_scores{};
  item.values.assign(plan.criteria.size(),
                     std::numeric_limits<double>::infinity());
  item.strategic = 1.0;
  item.basis = score_basis::strategic_only;
  item.total = 1.0;
  CHECK(std::abs(sum(contribution_amounts(plan, scoring_scales{}, item)) - 1.0)
        <= 1e-12);
}

TEST_CASE("reasons are the largest amounts, in words") {
  const auto lines = std::vector<contribution>{
    {"business value: revenue impact", contribution_kind::criterion, 0.83, 0.15,
     0.1245},
    {"risk assessment: business risk", contribution_kind::criterion, 12.5, 0.01,
     0.125},
    {"customer value: user impact", contribution_kind::criterion, 0.1, 0.01,
     0.001},
    {"risk penalty", contribution_kind::risk, 0.3, -0.5, -0.15},
  };
  CHECK(top_reasons(lines, 5)
        == std::vector<std::string>{
          "-0.15 risk penalty", "+0.12 risk assessment: business risk 12.50",
          "+0.12 business value: revenue impact 0.83 of 1"});
  CHECK(top_reasons(lines, 1).size() == 1);
  CHECK(top_reasons({}, 3).empty());
}

TEST_CASE("labels are read from the ids of the configuration") {
  const auto all = score_all(default_configuration(),
                             tests::read_golden_text("items.jsonl"));
  const auto lines = contributions(all.plan, all.scales, scores_at(all, 0));
  CHECK(lines[1].label == "business value: revenue impact");
  CHECK(lines[11].label == "implementation complexity: technical complexity");
  CHECK(lines[18].label == "financial: net present value");
}

} // namespace troupe::scoring
