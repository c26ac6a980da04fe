#include "actors/scoring/portfolio.hpp"

#include "actors/scoring/combination.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::scoring {

namespace {

constexpr auto high_value = 0.7;
constexpr auto low_value = 0.3;
constexpr auto risk_free_rate = 0.03;
constexpr std::size_t advice_rows_max = 10;

/// One figure of all records: those of the items in row order, then the others.
std::vector<double> figures_of(const portfolio_columns& columns,
                               financial_figure figure) {
  std::vector<double> result;
  if (!columns.financials.empty()) {
    const auto column = columns.financials[static_cast<std::size_t>(figure)];
    for (std::size_t row = 0; row < columns.rows; ++row)
      if (columns.has_financials[row] != 0)
        result.push_back(column[row]);
  }
  for (const auto& record : columns.other_financials)
    result.push_back(get(record, figure));
  return result;
}

double mean_of_defined(const std::vector<double>& values) {
  auto sum = 0.0;
  std::size_t count = 0;
  for (const auto value : values) {
    if (std::isnan(value))
      continue;
    sum += value;
    ++count;
  }
  return count == 0 ? missing_value : sum / static_cast<double>(count);
}

std::uint64_t count_above(std::span<const double> values, double bound) {
  return static_cast<std::uint64_t>(
    std::count_if(values.begin(), values.end(),
                  [bound](double value) { return value > bound; }));
}

financial_summary summarise_money(const portfolio_columns& columns) {
  using enum financial_figure;
  const auto mean = [&](financial_figure figure) {
    return mean_of_defined(figures_of(columns, figure));
  };
  const auto scores = figures_of(columns, combined_financial_score);
  financial_summary result;
  result.records = scores.size();
  result.mean_score = mean_of_defined(scores);
  result.high_value_items = count_above(scores, high_value);
  result.mean_confidence = mean(confidence_level);
  result.mean_npv_score = mean(npv_score);
  result.mean_roi_score = mean(roi_score);
  result.mean_copq_score = mean(copq_score);
  result.mean_delay_urgency = mean(delay_urgency_score);
  return result;
}

portfolio_returns summarise_returns(const portfolio_columns& columns) {
  using enum financial_figure;
  portfolio_returns result;
  const auto investments = figures_of(columns, investment);
  result.records = investments.size();
  for (const auto value : investments)
    result.total_investment += value;
  for (const auto value : figures_of(columns, npv))
    if (!std::isnan(value))
      result.total_npv += value;
  if (result.total_investment > 0.0)
    result.roi_percent = result.total_npv / result.total_investment * 100.0;
  auto scores = figures_of(columns, total_financial_score);
  std::erase_if(scores, [](double value) { return std::isnan(value); });
  if (scores.empty())
    return result;
  result.risk = distribution_of(scores).deviation;
  result.sharpe_ratio
    = result.risk > 0.0
        ? (result.roi_percent / 100.0 - risk_free_rate) / result.risk
        : 0.0;
  // quantile reorders, so the sum below runs over a copy in row order.
  auto reordered = scores;
  result.value_at_risk = quantile(reordered, 0.05);
  std::erase_if(scores, [&](double v) { return v > result.value_at_risk; });
  result.expected_shortfall = mean_of_defined(scores);
  return result;
}

strategic_summary summarise_strategy(const scoring_plan& plan,
                                     const portfolio_columns& columns) {
  strategic_summary result;
  const auto rows = static_cast<double>(columns.rows);
  const auto mean = [rows](std::span<const double> values) {
    auto sum = 0.0;
    for (const auto value : values)
      sum += value;
    return sum / rows;
  };
  result.mean_score = mean(columns.strategic_raw);
  result.high_value_items = count_above(columns.strategic_raw, high_value);
  for (std::size_t i = 0; i < plan.categories.size(); ++i) {
    auto weight = plan.rules == rule_set::compat ? 1.0 : 0.0;
    if (plan.rules == rule_set::standard)
      for (const auto& criterion : plan.criteria)
        if (criterion.category == i)
          weight += criterion.strategic_weight;
    result.category_means.push_back(
      weight > 0.0 ? mean(columns.categories[i]) / weight : 0.0);
  }
  return result;
}

double confidence_at(const portfolio_columns& columns, std::size_t row) {
  if (columns.financials.empty() || columns.has_financials[row] == 0)
    return 0.0;
  return columns.financials[static_cast<std::size_t>(
    financial_figure::confidence_level)][row];
}

std::string_view assess(double quality) noexcept {
  if (quality > 0.8)
    return "excellent";
  if (quality > 0.6)
    return "good";
  return quality > 0.4 ? "fair" : "poor";
}

scoring_quality assess_quality(const scoring_plan& plan,
                               const portfolio_columns& columns,
                               const portfolio_summary& summary) {
  scoring_quality result;
  const auto rows = static_cast<double>(columns.rows);
  result.financial_coverage = static_cast<double>(summary.money.records) / rows;
  if (plan.rules == rule_set::standard)
    result.financial_coverage = std::min(1.0, result.financial_coverage);
  auto confidences = 0.0;
  for (std::size_t row = 0; row < columns.rows; ++row)
    confidences += confidence_at(columns, row);
  result.mean_confidence = confidences / rows;
  if (plan.pairwise) {
    result.is_consistent = plan.pairwise->is_consistent;
    result.consistency_ratio = plan.pairwise->consistency_ratio;
  }
  const auto& total = summary.total;
  result.range = total.maximum - total.minimum;
  result.variance = total.deviation * total.deviation;
  result.coefficient_of_variation
    = total.mean > 0.0 ? total.deviation / total.mean : 0.0;
  result.overall
    = result.financial_coverage * 0.3 + result.mean_confidence * 0.3
      + (result.is_consistent ? 0.2 : 0.0) + std::min(1.0, result.range) * 0.1
      + std::min(1.0, result.variance * 4.0) * 0.1;
  result.assessment = assess(result.overall);
  return result;
}

std::uint32_t distance(std::uint32_t one, std::uint32_t other) noexcept {
  return one > other ? one - other : other - one;
}

/// Rows below `rank_max` in overall order for which `holds` is true.
template <class Predicate>
advice advise(const portfolio_columns& columns, std::uint32_t rank_max,
              Predicate holds) {
  advice result;
  for (std::size_t row = 0; row < columns.rows; ++row)
    if (columns.overall_rank[row] <= rank_max && holds(row))
      result.rows.push_back(row);
  result.count = result.rows.size();
  std::sort(result.rows.begin(), result.rows.end(),
            [&](std::size_t a, std::size_t b) {
              return columns.overall_rank[a] < columns.overall_rank[b];
            });
  result.rows.resize(std::min(result.rows.size(), advice_rows_max));
  return result;
}

void add_advice(const scoring_plan& plan, const portfolio_columns& columns,
                portfolio_summary& summary) {
  const auto doubt = plan.rules == rule_set::compat
                       ? 0.5
                       : plan.combination.confidence_threshold;
  summary.gather_data = advise(columns, advice_rows_max, [&](std::size_t row) {
    return confidence_at(columns, row) < doubt;
  });
  summary.review = advise(columns, ~std::uint32_t{0}, [&](std::size_t row) {
    return columns.financial[row] > high_value
           && columns.strategic[row] < low_value;
  });
}

basis_counts count_bases(const portfolio_columns& columns) {
  item_view items;
  items.rows = columns.rows;
  items.financials = columns.financials;
  items.has_financials = columns.has_financials;
  basis_counts result;
  for (std::size_t row = 0; row < columns.rows; ++row) {
    switch (basis_of(items, columns.completeness, row)) {
      case score_basis::financial_and_strategic:
        ++result.financial_and_strategic;
        break;
      case score_basis::strategic_only:
        ++result.strategic_only;
        break;
      case score_basis::financial_only:
        ++result.financial_only;
        break;
      case score_basis::nothing:
        ++result.nothing;
        break;
    }
  }
  return result;
}

} // namespace

distribution distribution_of(std::span<const double> values) {
  distribution result;
  std::vector<double> kept;
  kept.reserve(values.size());
  auto sum = 0.0;
  for (const auto value : values) {
    if (std::isnan(value))
      continue;
    kept.push_back(value);
    sum += value;
  }
  if (kept.empty())
    return result;
  const auto count = static_cast<double>(kept.size());
  result.mean = sum / count;
  auto squares = 0.0;
  for (const auto value : kept)
    squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / count);
  result.minimum = *std::min_element(kept.begin(), kept.end());
  result.maximum = *std::max_element(kept.begin(), kept.end());
  result.percentile_25 = quantile(kept, 0.25);
  result.percentile_50 = quantile(kept, 0.50);
  result.percentile_75 = quantile(kept, 0.75);
  result.percentile_90 = quantile(kept, 0.90);
  return result;
}

double correlation(std::span<const double> first,
                   std::span<const double> second) {
  const auto rows = std::min(first.size(), second.size());
  if (rows < 2)
    return missing_value;
  const auto count = static_cast<double>(rows);
  // Asked of the values, for the rounded mean of a constant may differ from it.
  const auto is_constant = [rows](std::span<const double> values) {
    return std::all_of(values.begin(), values.begin() + std::ptrdiff_t(rows),
                       [&](double value) { return value == values[0]; });
  };
  if (is_constant(first) || is_constant(second))
    return missing_value;
  auto mean_first = 0.0;
  auto mean_second = 0.0;
  for (std::size_t row = 0; row < rows; ++row) {
    mean_first += first[row];
    mean_second += second[row];
  }
  mean_first /= count;
  mean_second /= count;
  auto products = 0.0;
  auto squares_first = 0.0;
  auto squares_second = 0.0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto a = first[row] - mean_first;
    const auto b = second[row] - mean_second;
    products += a * b;
    squares_first += a * a;
    squares_second += b * b;
  }
  const auto result
    = products / (std::sqrt(squares_first) * std::sqrt(squares_second));
  return std::clamp(result, -1.0, 1.0);
}

portfolio_summary summarise(const scoring_plan& plan,
                            const scoring_scales& scales,
                            const portfolio_columns& columns) {
  portfolio_summary result;
  result.items = columns.rows;
  result.strategic_factor = scales.strategic_factor;
  result.financial_reference = scales.financial_reference;
  result.raw = distribution_of(columns.strategic_raw);
  result.total = distribution_of(columns.total);
  result.financial = distribution_of(columns.financial);
  result.strategic = distribution_of(columns.strategic);
  result.positive_financial_share
    = static_cast<double>(count_above(columns.financial, 0.0))
      / static_cast<double>(columns.rows);
  result.money = summarise_money(columns);
  result.strategy = summarise_strategy(plan, columns);
  result.quality = assess_quality(plan, columns, result);
  result.returns = summarise_returns(columns);
  result.basis = count_bases(columns);
  const auto bound = static_cast<double>(columns.rows) * 0.2;
  for (std::size_t row = 0; row < columns.rows; ++row)
    if (distance(columns.financial_rank[row], columns.strategic_rank[row])
        > bound)
      ++result.misaligned_items;
  result.score_correlation = correlation(columns.financial, columns.strategic);
  add_advice(plan, columns, result);
  return result;
}

runtime::outcome<std::vector<std::string>>
check_coverage(const scoring_plan& plan, std::uint64_t items,
               std::uint64_t items_with_financials) {
  if (items == 0)
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "there are no items to score");
  const auto coverage
    = static_cast<double>(items_with_financials) / static_cast<double>(items);
  const auto share = std::to_string(items_with_financials) + " of "
                     + std::to_string(items) + " items have financial data";
  std::vector<std::string> warnings;
  if (plan.rules == rule_set::compat && coverage < 0.1)
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "only " + share
                           + ", fewer than the 10 % that compat rules ask for",
                         "give more financial data, or use the standard rules");
  const auto matters
    = plan.rules == rule_set::compat
      || plan.combination.mode != integration_mode::criteria_only;
  if (matters && coverage < 0.5)
    warnings.push_back("only " + share);
  return warnings;
}

rank_stability compare_ranks(std::span<const std::uint32_t> before,
                             std::span<const std::uint32_t> after) {
  rank_stability result;
  const auto rows = std::min(before.size(), after.size());
  const auto bound = static_cast<double>(rows) * 0.1;
  std::uint64_t moves = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto move = distance(before[row], after[row]);
    moves += move;
    result.largest_move = std::max(result.largest_move, move);
    if (move > bound)
      ++result.significant_moves;
  }
  if (rows > 0)
    result.mean_move = static_cast<double>(moves) / static_cast<double>(rows);
  result.stability = 1.0 / (1.0 + result.mean_move);
  result.sensitivity = result.mean_move > 5.0   ? "high"
                       : result.mean_move > 2.0 ? "medium"
                                                : "low";
  return result;
}

} // namespace troupe::scoring
