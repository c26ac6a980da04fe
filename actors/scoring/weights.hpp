#pragma once

#include "actors/scoring/scoring_plan.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace troupe::scoring {

/// Rows of equal length.
using matrix = std::vector<std::vector<double>>;

/// A criterion's weight within its category, and that category.
struct grouped_weight {
  double weight = 0.0;
  /// Index into the category weights.
  std::size_t category = 0;
};

/// (w / sum of w in its category) x category weight, in this order of
/// operations, the sum taken from left to right. A category whose weights sum
/// to 0 gives 0.
[[nodiscard]] std::vector<double>
global_weights(std::span<const grouped_weight> weights,
               std::span<const double> category_weights);

/// Compares positive preferences pairwise on Saaty's scale: the quotient q of
/// each ordered pair rounded half to even and clipped to 1..9, or for q < 1 the
/// reciprocal of 1/q so treated. The two halves are computed separately, so the
/// matrix need not be reciprocal.
[[nodiscard]] matrix pairwise_matrix(std::span<const double> preferences);

/// Weights (principal right eigenvector, sum 1), lambda, ratio and verdict of a
/// square matrix of positive numbers. Saaty, "The Analytic Hierarchy Process".
[[nodiscard]] pairwise_result analyse(matrix comparisons,
                                      double consistency_threshold);

/// The consistency index of random matrices of n rows (Saaty's table); 1.49
/// above 20 rows.
[[nodiscard]] double random_index(std::size_t rows) noexcept;

/// The nearest value of Saaty's scale {1/9 .. 1/2, 1 .. 9}; the smaller of two
/// equally near ones.
[[nodiscard]] double snap_to_scale(double value) noexcept;

/// How the answers of several people become one.
enum class aggregation {
  /// Of each weight; all people count the same.
  geometric_mean,
  /// Arithmetic; a person counts max(0.1, 1 - consistency ratio).
  weighted_average,
};

/// What a group thinks, and how much it agrees.
struct group_result {
  std::vector<double> weights; ///< Sum 1.
  /// 1 less the mean Euclidean distance to the group's weights; at least 0.
  double consensus = 0.0;
  /// Pearson's correlation of each two people's weights; at least 0.
  matrix agreement;
  /// Consistency ratio of each one.
  std::vector<double> consistency;
};

/// Combines matrices of the same size, one per person; at least one.
[[nodiscard]] group_result aggregate(std::span<const matrix> people,
                                     aggregation method,
                                     double consistency_threshold);

/// Fills gaps (entries not above 0) above the diagonal with the geometric mean
/// over k of a_ik a_kj, refreshed for 50 rounds, and their mirror entries with
/// the reciprocal; what stays unknown is 1.
[[nodiscard]] matrix complete(matrix comparisons);

/// What `improve` did to a matrix.
struct improvement {
  double ratio_before = 0.0;
  double ratio_after = 0.0;
  std::size_t steps = 0;
  matrix comparisons;
};

/// Moves, up to 10 times, the entry above the diagonal that is farthest from
/// the quotient of its weights half way there, and its mirror entry to the
/// reciprocal, until the matrix is consistent.
[[nodiscard]] improvement improve(matrix comparisons,
                                  double consistency_threshold);

/// How far comparisons can be trusted, 0..1: half for consistency, 0.3 for a
/// positive reciprocal matrix, 0.2 for completeness (0.1 with gaps); less a
/// tenth when one weight is above 0.8.
[[nodiscard]] double comparison_quality(const pairwise_result& result,
                                        bool is_complete);

/// Rank order centroid weights of n ranks, best first: (1/n) sum of 1/k for k
/// from the rank to n. Sum 1. Barron and Barrett, "Decision quality using
/// ranked attribute weights".
[[nodiscard]] std::vector<double> rank_order_weights(std::size_t ranks);

/// Points divided by their sum; points are positive.
[[nodiscard]] std::vector<double> swing_weights(std::span<const double> points);

} // namespace troupe::scoring
