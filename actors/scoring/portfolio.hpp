#pragma once

#include "actors/scoring/financial.hpp"
#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/scales.hpp"
#include "actors/scoring/scoring_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scoring {

/// All scores of a portfolio, by column, in input order; borrowed. Every span
/// has `rows` entries unless it says otherwise.
struct portfolio_columns {
  std::size_t rows = 0;
  std::span<const double> strategic_raw;
  /// As `strategic_batch::categories`; one span per category of the plan.
  std::vector<std::span<const double>> categories;
  /// As `strategic_batch::completeness`; may be empty.
  std::span<const double> completeness;
  std::span<const double> strategic;
  std::span<const double> financial;
  std::span<const double> total;
  /// 1 is the highest score.
  std::span<const std::uint32_t> overall_rank;
  std::span<const std::uint32_t> financial_rank;
  std::span<const std::uint32_t> strategic_rank;
  /// As `item_view`: one span per figure, or none at all.
  std::vector<std::span<const double>> financials;
  std::span<const std::uint8_t> has_financials;
  /// Financial records of ids that are not in the portfolio; any length. They
  /// count in the financial figures.
  std::span<const financial_figures> other_financials;
};

/// Mean, population standard deviation and order statistics of a column.
struct distribution {
  double mean = 0.0;
  double deviation = 0.0;
  double minimum = 0.0;
  double maximum = 0.0;
  /// With linear interpolation between order statistics.
  double percentile_25 = 0.0;
  double percentile_50 = 0.0;
  double percentile_75 = 0.0;
  double percentile_90 = 0.0;
};

/// Of one or more values, NaN left out; all 0 if nothing is left.
[[nodiscard]] distribution distribution_of(std::span<const double> values);

/// Pearson's correlation of two columns of equal length; NaN if one of them is
/// constant or has fewer than two values.
[[nodiscard]] double correlation(std::span<const double> first,
                                 std::span<const double> second);

/// The money of a portfolio as a whole. NaN: not defined.
struct portfolio_returns {
  std::uint64_t records = 0;
  double total_npv = 0.0;
  double total_investment = 0.0;
  double roi_percent = missing_value; ///< Sum of NPV / sum of investment x 100.
  double risk = missing_value; ///< Population standard deviation of Score A.
  /// (ROI/100 - 0.03) / risk; 0 if there is no risk. Sharpe, "Mutual Fund
  /// Performance", with a fixed risk-free rate of 3 %.
  double sharpe_ratio = missing_value;
  double value_at_risk = missing_value; ///< 5th percentile of Score A.
  /// Mean of the Scores A at or below the value at risk.
  double expected_shortfall = missing_value;
};

/// Over all financial records. Means leave undefined figures out; NaN: none is
/// defined.
struct financial_summary {
  std::uint64_t records = 0;
  double mean_score = missing_value; ///< Score B.
  std::uint64_t high_value_items = 0; ///< Score B > 0.7.
  double mean_confidence = missing_value;
  double mean_npv_score = missing_value;
  double mean_roi_score = missing_value;
  double mean_copq_score = missing_value;
  double mean_delay_urgency = missing_value;
};

/// Over all items, before the strategic factor.
struct strategic_summary {
  double mean_score = 0.0;
  std::uint64_t high_value_items = 0; ///< Raw strategic score > 0.7.
  /// Mean category score, in the order of the plan. compat: mean of value x
  /// global weight; standard: of the weighted mean within the category.
  std::vector<double> category_means;
};

/// How far the scores can be relied upon: 0.3 coverage + 0.3 mean confidence +
/// 0.2 consistent weights + 0.1 min(1, range) + 0.1 min(1, 4 variance).
struct scoring_quality {
  double overall = 0.0;
  std::string_view assessment; ///< excellent > .8, good > .6, fair > .4, poor.
  double financial_coverage = 0.0; ///< Records / items.
  double mean_confidence = 0.0; ///< Over all items; 0 for one without record.
  bool is_consistent = true;
  double consistency_ratio = 0.0;
  double range = 0.0; ///< Of the totals; likewise the next two.
  double variance = 0.0;
  double coefficient_of_variation = 0.0;
};

/// How many items rest on what (`score_basis`).
struct basis_counts {
  std::uint64_t financial_and_strategic = 0;
  std::uint64_t strategic_only = 0;
  std::uint64_t financial_only = 0;
  std::uint64_t nothing = 0;
};

/// Rows that somebody should look at, best overall rank first, ten at most.
struct advice {
  std::uint64_t count = 0; ///< May exceed the number of rows listed.
  std::vector<std::size_t> rows;
};

/// What there is to say about a portfolio as a whole.
struct portfolio_summary {
  std::uint64_t items = 0;
  double strategic_factor = 1.0;
  double financial_reference = 0.0;
  distribution raw; ///< Of the raw strategic scores.
  distribution total;
  distribution financial;
  distribution strategic;
  double positive_financial_share = 0.0; ///< Items with a score above 0.
  financial_summary money;
  strategic_summary strategy;
  scoring_quality quality;
  portfolio_returns returns;
  basis_counts basis;
  /// Items whose financial and strategic ranks differ by more than 20 % of n.
  std::uint64_t misaligned_items = 0;
  double score_correlation = missing_value; ///< Financial with strategic.
  /// Among the ten best: confidence below 0.5 (standard rules: below the
  /// configured threshold).
  advice gather_data;
  /// Financial score above 0.7 and strategic score below 0.3.
  advice review;
};

/// Summarises in O(n log n), in row order: the same columns give the same
/// bytes. At least one row.
[[nodiscard]] portfolio_summary summarise(const scoring_plan& plan,
                                          const scoring_scales& scales,
                                          const portfolio_columns& columns);

/// Says whether a portfolio can be scored, and what to be careful about
/// (warnings). No items is `invalid_input`; so is, under compat, financial data
/// for fewer than 10 % of them. Fewer than 50 % is a warning, except where the
/// mode of the standard rules looks at criteria only.
[[nodiscard]] runtime::outcome<std::vector<std::string>>
check_coverage(const scoring_plan& plan, std::uint64_t items,
               std::uint64_t items_with_financials);

/// How much one ranking differs from another of the same items.
struct rank_stability {
  double mean_move = 0.0; ///< Mean absolute difference of ranks.
  std::uint32_t largest_move = 0;
  /// Items that moved by more than 10 % of n.
  std::uint64_t significant_moves = 0;
  double stability = 1.0; ///< 1 / (1 + mean_move).
  std::string_view sensitivity; ///< high > 5, medium > 2, low.
};

[[nodiscard]] rank_stability
compare_ranks(std::span<const std::uint32_t> before,
              std::span<const std::uint32_t> after);

/// The summary as JSON text, with the keys of the reference files
/// (tests/golden/qvf, summary.json) and, under the standard rules, what they
/// lack. NaN is null.
[[nodiscard]] std::string summary_json(const scoring_plan& plan,
                                       const portfolio_summary& summary);

} // namespace troupe::scoring
