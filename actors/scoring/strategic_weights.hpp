#pragma once

#include "actors/scoring/scoring_plan.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace troupe::scoring {

/// The weight that each criterion has in the strategic score of one item when
/// only some values are known (not NaN), standard rules: within a category the
/// known ones share its weight, and so do the categories with the whole. 0 for
/// what is missing. `weights` has one weight per criterion of the plan.
class known_weights {
public:
  known_weights(const scoring_plan& plan, std::span<const double> weights);

  /// Valid until the next call. `values` has one value per criterion.
  [[nodiscard]] std::span<const double> of(std::span<const double> values);

private:
  std::vector<std::size_t> category_of_;
  std::vector<double> weights_;
  std::vector<double> by_category_;
  double all_ = 0.0;
  std::vector<double> present_;
  std::vector<double> result_;
};

} // namespace troupe::scoring
