#pragma once

#include "actors/scoring/score_batch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::scoring {

/// What a total rests on.
enum class score_basis : std::uint8_t {
  financial_and_strategic,
  strategic_only,
  financial_only,
  nothing,
};

/// What the total of one row rests on, whatever the integration mode does with
/// it: financial when Score B is defined, strategic when any value is present.
/// `completeness` as in `strategic_batch`.
[[nodiscard]] score_basis basis_of(const item_view& items,
                                   std::span<const double> completeness,
                                   std::size_t row) noexcept;

/// Quantile P of Score B over all supplied records, also of ids that are in no
/// portfolio (`scoring_scales::financial_reference`). Undefined scores do not
/// count; 0 when nothing is left.
[[nodiscard]] double
financial_reference(const combination_settings& combination,
                    std::vector<double> combined_scores);

/// One item's scores on their way into a total, each in 0..1.
struct score_pair {
  double financial = 0.0; ///< Score B; 0 without data.
  double financial_normalised = 0.0;
  double strategic = 0.0;
  score_basis basis = score_basis::financial_and_strategic;
};

/// The total before the risk penalty, in 0..1. With f = normalised financial,
/// s = strategic score and the weights fw and sw, standard rules:
///   balanced            fw f + sw s; the other one alone when one is unknown
///   financial_only      f; 0 when unknown
///   criteria_only       s
///   financial_priority  f (1 + (s - 0.5) / 5); the other one alone likewise
///   strategic_priority  s (1 + (f - 0.5) / 5); the other one alone likewise
/// compat: what is unknown is 0; financial_only and strategic_priority take
/// Score B instead of f.
[[nodiscard]] double combine_scores(const combination_settings& settings,
                                    rule_set rules,
                                    const score_pair& scores) noexcept;

/// The share of the total that risk takes away. Standard rules:
/// risk_penalty_max x `risk` (the figure risk_level, 0..1); 0 without a record.
/// compat, with `risk` the figure risk_adjustment_factor (1 without a record):
/// min(p, (2 - risk) p), p = risk_penalty_max. 0 when the adjustment is off.
[[nodiscard]] double risk_penalty(const combination_settings& settings,
                                  rule_set rules, double risk) noexcept;

} // namespace troupe::scoring
