#pragma once

#include "actors/scoring/scored_portfolio.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace troupe::scoring {

/// Other weights by id, each in 0..1: of categories within the whole, and of
/// criteria within their category. What is named weighs what it is given; what
/// is not shares the rest in proportion to what it weighs.
struct weight_change {
  std::map<std::string, double, std::less<>> categories;
  std::map<std::string, double, std::less<>> criteria;
};

/// Reads "category=0.4", "category.criterion=0.5" and "criterion=0.5"; of a
/// category and a criterion with one id, the category is meant.
/// `invalid_input`: another form, unknown ids (with the nearest as hint), or
/// one that is given twice.
[[nodiscard]] runtime::outcome<weight_change>
parse_weight_change(const scoring_plan& plan,
                    std::span<const std::string> texts);

/// The weight of each category of the plan under these strategic weights.
[[nodiscard]] std::vector<double>
category_weights(const scoring_plan& plan, std::span<const double> weights);

/// The weight of each criterion within its category; 0 where that has none.
[[nodiscard]] std::vector<double>
shares_within_categories(const scoring_plan& plan,
                         std::span<const double> weights);

/// The strategic weights after a change: those that weigh now, however they
/// came about, are what is shared. `invalid_input` for unknown ids, for weights
/// out of range, and where no sum of 1 is possible.
[[nodiscard]] runtime::outcome<std::vector<double>>
changed_weights(const scoring_plan& plan, const weight_change& change);

/// Columns have an entry per row of the portfolio.
struct what_if_result {
  /// Strategic weights by criterion.
  std::vector<double> weights_before;
  std::vector<double> weights_after;
  std::vector<double> totals_before;
  std::vector<double> totals_after;
  std::vector<std::uint32_t> ranks_before; ///< From 1.
  std::vector<std::uint32_t> ranks_after;
};

[[nodiscard]] runtime::outcome<what_if_result>
what_if(const scoring_plan& plan, const scored_portfolio& portfolio,
        const weight_change& change);

/// Rows of a portfolio whose rank changed in a way worth telling.
struct rank_moves {
  std::vector<std::uint32_t> entered; ///< The top, best first.
  std::vector<std::uint32_t> left; ///< The top, as they stood in it.
  /// Those that moved furthest, of equals the one that was better at its best;
  /// as many as the top has at most.
  std::vector<std::uint32_t> largest;
  std::uint64_t risen = 0;
  std::uint64_t fallen = 0;
};

[[nodiscard]] rank_moves find_moves(const what_if_result& result,
                                    std::size_t top);

} // namespace troupe::scoring
