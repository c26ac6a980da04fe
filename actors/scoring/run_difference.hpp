#pragma once

#include "actors/scoring/scoring_history.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::scoring {

/// A setting that two runs do not share. Texts are JSON, or "present" for an
/// element of a list that only one has; empty: not there.
struct configuration_change {
  std::string key; ///< "criteria[bv_revenue_impact].weight"
  std::string before;
  std::string after;
};

/// A part of a total in two runs. change = from_values + from_weights.
struct part_change {
  std::string label;
  contribution_kind kind = contribution_kind::criterion;
  double before = 0.0; ///< Amounts, in units of the total.
  double after = 0.0;
  double change = 0.0;
  /// What would have changed with the mean of both weights: the item's own
  /// value and the portfolio's range that it is seen in.
  double from_values = 0.0;
  /// What would have changed with the mean of both values. Weights change with
  /// the configuration, with values that become known or missing, and for money
  /// with risk, confidence and the portfolio's reference.
  double from_weights = 0.0;
};

/// An item that both runs have.
struct item_move {
  std::string id;
  std::string title;
  std::uint64_t rank_before = 0;
  std::uint64_t rank_after = 0;
  double total_before = 0.0;
  double total_after = 0.0;
  /// Parts whose amount changed, the largest change first. All changes add up
  /// to that of the total, as exactly as `contribution_amounts` does.
  std::vector<part_change> parts;
};

/// An item that only one of the runs has.
struct lone_item {
  std::string id;
  std::string title;
  std::uint64_t rank = 0;
  double total = 0.0;
};

/// What became different from one run to another.
struct run_difference {
  stored_run before;
  stored_run after;
  std::vector<configuration_change> configuration;
  std::uint64_t shared = 0; ///< Items that both have.
  std::uint64_t changed = 0; ///< Shared items with another total.
  std::uint64_t risen = 0; ///< Shared items with a better rank.
  std::uint64_t fallen = 0;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  double mean_change = 0.0; ///< Of the totals of shared items.
  double mean_absolute_change = 0.0;
  // The first few of each, see `top`. Equals are in the order of the first run.
  std::vector<item_move> by_total; ///< Largest change of the total first.
  std::vector<item_move> by_rank; ///< Largest change of the rank first.
  std::vector<lone_item> added_items; ///< Best rank first.
  std::vector<lone_item> removed_items;
};

/// Compares two runs, named as for `find_run`; lists have `top` items at most.
/// Takes time in proportion to the items and memory in proportion to `top`.
[[nodiscard]] runtime::outcome<run_difference>
compare_runs(scoring_history& history, std::string_view before,
             std::string_view after, std::size_t top);

/// Which settings differ between two configurations as the store has them, in
/// the order of their keys, at most 100.
[[nodiscard]] std::vector<configuration_change>
compare_configurations(const std::string& before, const std::string& after);

/// What each part of a total contributed to its change, criteria matched by
/// their ids. A part that one of the formulas lacks, and one whose value is
/// missing on one side, is 0 there.
[[nodiscard]] std::vector<part_change>
compare_parts(const run_formula& formula_before, const item_scores& before,
              const run_formula& formula_after, const item_scores& after);

} // namespace troupe::scoring
