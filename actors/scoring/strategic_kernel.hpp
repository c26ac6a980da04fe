#pragma once

#include "actors/scoring/scoring_rule.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace troupe::scoring {

// The loops of `score` over rows, for whatever SIMD the machine has. Every
// operation is IEEE double, elementwise and in the order of score_reference,
// so that all machines compute the same bits. No term is fused.

/// Rows that one call of the loops handles: what they read and write fits into
/// the first-level cache. A multiple of every vector length.
inline constexpr auto tile_rows = std::size_t{1024};

/// A criterion of the common kind: a ratio, linear, without thresholds.
struct ratio_term {
  const double* values = nullptr; ///< The column, at the first row of the tile.
  const scoring_rule* rule = nullptr;
};

/// The first pass of the common case over `rows` rows, a multiple of 8 up to
/// `tile_rows`: sums[row] = sum of value x weight over the terms, and the same
/// added to raw[row]. False, with useless sums, when a value is missing.
[[nodiscard]] bool sum_ratios(std::span<const ratio_term> terms,
                              std::size_t rows, double* sums, double* raw);

/// Columns of one tile under work. Each has room for `tile_rows`.
struct score_tile {
  explicit score_tile(std::size_t categories);

  /// Rows to work on, a multiple of 8; those beyond the batch hold zeros.
  std::size_t rows = 0;

  std::vector<double> given; ///< The criterion's values as they came.
  std::vector<double> values; ///< What the rule made of them so far.
  std::vector<double> raw;
  std::vector<double> completeness; ///< Weight of the values that were given.
  std::vector<std::vector<double>> contributions;
  /// Weight of the values that took part, by category.
  std::vector<std::vector<double>> present;
};

/// values = given, or the stand-in where missing. True if any was missing.
[[nodiscard]] bool fill_gaps(const scoring_rule& rule, score_tile& tile);

/// The ratio form on `values`.
void apply_ratio(const scoring_rule& rule, score_tile& tile);

/// Thresholds and inversion on `values`.
void apply_bounds(const scoring_rule& rule, score_tile& tile);

/// Adds `values` to the sums; what stays missing becomes NaN in `values`.
void add_values(const scoring_rule& rule, score_tile& tile);

/// Turns the sums of a tile with missing values into scores.
void renormalise(const weight_sums& weights, score_tile& tile);

} // namespace troupe::scoring
