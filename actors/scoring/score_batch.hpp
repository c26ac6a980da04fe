#pragma once

#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/scales.hpp"
#include "actors/scoring/scoring_plan.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace troupe::scoring {

/// Pass 2: what the criteria make of the items, by column.
struct strategic_batch {
  std::size_t rows = 0;
  /// values[criterion][row]: after normalisation, function, thresholds and
  /// inversion; NaN where missing and not replaced. Empty unless
  /// `keep::values`.
  std::vector<std::vector<double>> values;
  /// contributions[category][row]: sum of value x weight over the category
  /// (compat: global weight; standard: strategic weight, so they sum to
  /// `raw`, and category score = contribution / category weight). Standard
  /// rules with gaps: the weights present in a category are scaled up to its
  /// weight; a category of which nothing is known contributes 0 and its weight
  /// is spread over the others in proportion to theirs.
  std::vector<std::vector<double>> categories;
  /// Strategic score before the portfolio-wide factor. 0 when nothing is known.
  std::vector<double> raw;
  /// Share of the weight whose value is present, 0..1 (compat: always 1).
  /// Empty when no value of the batch is missing.
  std::vector<double> completeness;
};

enum class keep { values, sums_only };

/// Pass 2 over a batch. Elementwise per row in a fixed order of operations:
/// the same bytes for any batch size. Uses SIMD where the machine has it.
[[nodiscard]] strategic_batch score(const scoring_plan& plan,
                                    const scoring_scales& scales,
                                    const item_view& items, keep what);

/// The same without SIMD, written for reading; the reference of `score`.
[[nodiscard]] strategic_batch score_reference(const scoring_plan& plan,
                                              const scoring_scales& scales,
                                              const item_view& items,
                                              keep what);

/// Pass 3: financial and strategic scores combined, by row.
struct total_batch {
  std::vector<double> strategic; ///< strategic_score, 0..1 (after the factor).
  /// financial_score as ranked (Score B of compat); 0 without data.
  std::vector<double> financial;
  /// Financial score that went into the total (after normalisation).
  std::vector<double> financial_normalised;
  std::vector<double> penalty; ///< Risk penalty, 0..1; empty when all 0.
  std::vector<double> total; ///< 0..1.
};

/// Pass 3 over a batch, with what `score` made of the same rows: penalty and
/// total by the formulas of combination.hpp, row by row, so the same bytes for
/// any batch size.
[[nodiscard]] total_batch combine(const scoring_plan& plan,
                                  const scoring_scales& scales,
                                  const item_view& items,
                                  const strategic_batch& strategic);

/// Whether `combine` would give the raw strategic scores, bit for bit, as
/// strategic scores and as totals, and 0 for all the rest.
[[nodiscard]] bool is_total_strategic(const scoring_plan& plan,
                                      const item_view& items,
                                      const strategic_batch& strategic);

} // namespace troupe::scoring
