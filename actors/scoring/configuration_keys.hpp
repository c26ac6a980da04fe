#pragma once

#include <array>
#include <string_view>

/// Every key of a configuration file, by the mapping it stands in. The schema
/// tools/schema/scoring-config.schema.json describes the same keys.
namespace troupe::scoring::keys {

inline constexpr auto document = std::to_array<std::string_view>(
  {"preset", "rules", "custom_fields", "criteria", "category_weights",
   "consistency_threshold", "weights", "scoring", "cases", "fields"});

inline constexpr auto criterion = std::to_array<std::string_view>(
  {"criterion_id", "category", "weight", "data_source", "data_type",
   "higher_is_better", "normalization_method", "value_mapping", "threshold_min",
   "threshold_max", "is_active", "missing", "function"});

inline constexpr auto function
  = std::to_array<std::string_view>({"shape", "curvature", "breakpoints"});

inline constexpr auto weights = std::to_array<std::string_view>(
  {"method", "matrix", "ranking", "swings", "consistency_threshold",
   "allow_inconsistent"});

/// The last three are checked and otherwise ignored: nothing reads them in the
/// source system either.
inline constexpr auto scoring = std::to_array<std::string_view>(
  {"integration_mode", "financial_weight", "strategic_weight",
   "enable_dynamic_normalization", "normalization_percentile",
   "confidence_threshold", "risk_adjustment_enabled", "max_risk_penalty",
   "financial_mapping_mode", "enable_sensitivity_analysis",
   "monte_carlo_iterations"});

inline constexpr auto scoring_case
  = std::to_array<std::string_view>({"name", "category_weights", "scoring"});

/// Fields of an item that may come from elsewhere.
inline constexpr auto fields = std::to_array<std::string_view>(
  {"work_item_id", "title", "parent_id", "work_item_type", "state",
   "story_points", "complexity_score", "risk_score", "financial"});

} // namespace troupe::scoring::keys
