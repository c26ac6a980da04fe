#pragma once

#include "actors/scoring/configuration.hpp"

#include <cstddef>
#include <vector>

namespace troupe::scoring {

/// A pairwise comparison matrix (Saaty's AHP) with what follows from it.
struct pairwise_result {
  std::vector<std::vector<double>> matrix;
  std::vector<double> weights; // Sum 1.
  double lambda_max = 0.0;
  double consistency_ratio = 0.0;
  bool is_consistent = true;
};

/// An active criterion, ready to be applied to columns.
struct planned_criterion {
  criterion definition;
  /// Index into `scoring_plan::categories`.
  std::size_t category = 0;
  /// Weight within the whole: compat (w / sum in category) x category weight;
  /// standard: the strategic weight.
  double global_weight = 0.0;
  /// Weight in the strategic score; all sum to 1. The AHP weight under compat,
  /// otherwise the global weight or what `weighting` makes of it.
  double strategic_weight = 0.0;
};

/// A validated configuration compiled for scoring. Plain data; the same plan on
/// every worker gives the same bytes.
struct scoring_plan {
  rule_set rules = rule_set::standard;
  dotted_sources dotted = dotted_sources::resolved;
  /// Active criteria in the order of the configuration.
  std::vector<planned_criterion> criteria;
  /// Categories with at least one active criterion, in configuration order.
  /// Standard: without those of weight 0 (nor their criteria); a category
  /// weighs the sum of its criteria's strategic weights, which is above 0.
  std::vector<category> categories;
  combination_settings combination;
  /// Present when a matrix was given or (compat) derived.
  std::optional<pairwise_result> pairwise;
  std::map<std::string, std::string, std::less<>> fields;
  /// Things a user should know, for example an accepted inconsistent matrix.
  std::vector<std::string> warnings;
};

/// Validates and compiles. Fails with the first broken rule; the other broken
/// rules are listed in its hint.
[[nodiscard]] runtime::outcome<scoring_plan>
compile(const scoring_configuration& configuration);

} // namespace troupe::scoring
