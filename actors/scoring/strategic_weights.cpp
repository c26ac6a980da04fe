#include "actors/scoring/strategic_weights.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::scoring {

known_weights::known_weights(const scoring_plan& plan,
                             std::span<const double> weights)
  : weights_(weights.begin(), weights.end()),
    by_category_(plan.categories.size()), present_(plan.categories.size()),
    result_(weights.size()) {
  category_of_.reserve(plan.criteria.size());
  for (std::size_t j = 0; j < plan.criteria.size(); ++j) {
    category_of_.push_back(plan.criteria[j].category);
    by_category_[category_of_[j]] += weights_[j];
  }
  for (auto weight : by_category_)
    all_ += weight > 0.0 ? weight : 0.0;
}

std::span<const double> known_weights::of(std::span<const double> values) {
  std::fill(present_.begin(), present_.end(), 0.0);
  for (std::size_t j = 0; j < values.size(); ++j)
    if (!std::isnan(values[j]))
      present_[category_of_[j]] += weights_[j];
  auto known = 0.0;
  for (std::size_t k = 0; k < present_.size(); ++k)
    if (present_[k] > 0.0)
      known += by_category_[k];
  const auto factor = known > 0.0 ? all_ / known : 0.0;
  for (std::size_t j = 0; j < values.size(); ++j) {
    const auto k = category_of_[j];
    const auto is_known = !std::isnan(values[j]) && present_[k] > 0.0;
    result_[j]
      = is_known ? weights_[j] * (by_category_[k] / present_[k]) * factor : 0.0;
  }
  return result_;
}

} // namespace troupe::scoring
