#pragma once

#include "actors/scoring/exact_sum.hpp"
#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/scoring_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace troupe::scoring {

/// Pass 1 over one column. Merging is exact, so the result does not depend on
/// how rows were cut into batches or in which order batches arrived.
struct column_statistics {
  /// Values that are not missing. Standard rules: finite ones; compat: all but
  /// NaN, which then count as `missing` here only.
  std::uint64_t count = 0;
  std::uint64_t missing = 0;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
  /// Kept only for columns whose method or policy needs the moments.
  exact_sum sum;
  exact_sum sum_of_squares;
};

/// Pass 1 over a batch, in the order of the plan's criteria.
struct batch_statistics {
  std::uint64_t rows = 0;
  std::vector<column_statistics> columns;
};

/// `items` has a column for every criterion of the plan.
[[nodiscard]] batch_statistics measure(const scoring_plan& plan,
                                       const item_view& items);

void merge(batch_statistics& into, const batch_statistics& from);

/// The first criterion whose policy is `error` and that misses a value, as
/// `invalid_input`; standard rules only. To be asked before pass 2, which takes
/// such a value as `renormalise` does.
[[nodiscard]] std::optional<runtime::problem>
forbidden_gap(const scoring_plan& plan, const batch_statistics& merged);

/// What pass 2 needs to know about one column of the whole portfolio. All zero
/// when no value is known or (compat) when one is NaN: such a column counts as
/// constant, as in the source system, where no comparison with NaN holds.
struct criterion_scale {
  std::uint64_t count = 0;
  double minimum = 0.0;
  double maximum = 0.0;
  double mean = 0.0;
  /// Population standard deviation.
  double deviation = 0.0;
  /// Bounds for `robust`: the 5th and 95th percentile, linear interpolation.
  double low = 0.0;
  double high = 0.0;
  /// All values in ascending order; only for `percentile`.
  std::vector<double> sorted;

  friend bool operator==(const criterion_scale&, const criterion_scale&)
    = default;
};

/// What pass 2 and 3 need to know about the whole portfolio.
struct scoring_scales {
  std::uint64_t rows = 0;
  std::vector<criterion_scale> criteria;
  /// Quantile of all financial scores; 0 when there are none.
  double financial_reference = 0.0;
  /// compat: max(1, largest strategic_raw), known only after pass 2.
  double strategic_factor = 1.0;

  friend bool operator==(const scoring_scales&, const scoring_scales&)
    = default;
};

/// Whether a method or policy needs all values of the column in order.
[[nodiscard]] bool needs_sorted(const planned_criterion& criterion) noexcept;

/// Turns merged statistics into scales. `sorted[j]` holds the non-missing
/// values of criterion j in ascending order where `needs_sorted` says so.
[[nodiscard]] scoring_scales
make_scales(const scoring_plan& plan, const batch_statistics& merged,
            std::span<const std::vector<double>> sorted);

/// Quantile q of `values` with linear interpolation between order statistics;
/// reorders them. 0 when empty. Independent of the order given.
[[nodiscard]] double quantile(std::vector<double>& values, double q);

} // namespace troupe::scoring
