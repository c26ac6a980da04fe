#pragma once

#include "actors/scoring/combination.hpp"
#include "actors/scoring/score_batch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troupe::scoring {

/// Where a part of a total comes from.
enum class contribution_kind : std::uint8_t {
  criterion,
  financial, ///< NPV, ROI, cost of poor quality, delay.
  leaning, ///< The fixed part of the two priority modes.
  limit, ///< What clipping to 0..1 took away or added.
  risk, ///< The risk penalty, never positive.
};

/// One line of an explanation. `amount` is in units of the total; all amounts
/// of an item add up to its total.
struct contribution {
  std::string label;
  contribution_kind kind = contribution_kind::criterion;
  /// Normalised value; NaN: missing, so that the others stand in for it.
  double value = 0.0;
  /// Weight of the value in this total; value x weight = amount.
  double weight = 0.0;
  double amount = 0.0;
};

/// What is known of one scored item. All of it is in the results of the passes,
/// so that any row can be explained later.
struct item_scores {
  /// One per criterion, as from `score` with `keep::values`. NaN: missing.
  std::vector<double> values;
  /// npv, roi, copq and delay_urgency score; NaN: undefined.
  std::array<double, 4> financial_parts{missing_value, missing_value,
                                        missing_value, missing_value};
  /// Risk adjustment factor x confidence level; what Score B is scaled with.
  double financial_trust = 0.0;
  double financial = 0.0;
  double financial_normalised = 0.0;
  double strategic = 0.0;
  double penalty = 0.0;
  double total = 0.0;
  score_basis basis = score_basis::financial_and_strategic;
};

/// Collects one row. `strategic` needs its values.
[[nodiscard]] item_scores item_scores_at(const item_view& items,
                                         const strategic_batch& strategic,
                                         const total_batch& totals,
                                         std::size_t row);

/// Amounts beside those of the criteria.
inline constexpr std::size_t other_amount_count = 7;

/// Amounts in a fixed order: the criteria in the order of the plan, npv, roi,
/// copq, delay, leaning, limit, risk. They add up to the total within 1e-12
/// (standard) or 1e-9 (compat). Linear in the score parts: in the priority
/// modes, f (1 + (s - 0.5) / 5) is f from the finances, f s / 5 from the
/// criteria and -f / 10 leaning.
[[nodiscard]] std::vector<double>
contribution_amounts(const scoring_plan& plan, const scoring_scales& scales,
                     const item_scores& item);

/// The same with names, values and weights.
[[nodiscard]] std::vector<contribution>
contributions(const scoring_plan& plan, const scoring_scales& scales,
              const item_scores& item);

/// The largest amounts in words, for example
/// "+0.12 business value: revenue impact 0.83 of 1". Equal amounts keep the
/// order above; what rounds to 0.00 is left out.
[[nodiscard]] std::vector<std::string>
top_reasons(std::span<const contribution> lines, std::size_t count);

} // namespace troupe::scoring
