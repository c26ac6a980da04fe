#pragma once

#include "actors/scoring/score_batch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::scoring {

/// Scored items, reduced to what other weights need: no source is read again.
/// Plain columns; row order is file order.
struct scored_portfolio {
  /// values[criterion][row] as from `score` with `keep::values`; NaN: missing.
  std::vector<std::vector<double>> values;
  std::vector<double> financial;
  std::vector<double> financial_normalised;
  std::vector<double> penalty;
  /// Whether Score B is defined.
  std::vector<std::uint8_t> has_financial;
  /// Whether any value that has weight was given.
  std::vector<std::uint8_t> has_strategic;

  [[nodiscard]] std::size_t rows() const noexcept {
    return financial.size();
  }
};

/// Appends scored rows. `strategic` needs its values.
void append(scored_portfolio& portfolio, const item_view& items,
            const strategic_batch& strategic, const total_batch& totals);

/// Only these rows, in this order.
[[nodiscard]] scored_portfolio select(const scored_portfolio& portfolio,
                                      std::span<const std::uint32_t> rows);

/// Totals under other strategic weights, one per criterion of the plan. The
/// strategic factor of compat is that of these rows.
[[nodiscard]] std::vector<double>
totals_under(const scoring_plan& plan, const scored_portfolio& portfolio,
             std::span<const double> weights);

/// The strategic weights of a plan.
[[nodiscard]] std::vector<double> weights_of(const scoring_plan& plan);

} // namespace troupe::scoring
