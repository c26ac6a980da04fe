#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scoring {

/// Which formulas apply. `compat` reproduces the source system, flaws included;
/// `standard` repairs them. README.md lists the differences.
enum class rule_set { standard, compat };

/// What a dotted source such as "custom_fields.x" means under `compat`:
/// the nested value, or (as the source system ships it) nothing at all.
enum class dotted_sources { resolved, shipped };

enum class direction { higher_is_better, lower_is_better };

/// How a column of raw values becomes comparable values.
enum class normalisation { minmax, zscore, percentile, robust, none };

/// What a missing value does to its item (standard rules only).
enum class missing_policy { renormalise, zero, mean, error };

/// Shape of the value after normalisation (standard rules only), v in 0..1:
/// linear v; logarithmic ln(1+kv)/ln(1+k); exponential (e^kv - 1)/(e^k - 1);
/// step: the value of the last breakpoint at or below v; diminishing
/// (1-e^-kv)/(1-e^-k). k is `curvature`.
struct scoring_function {
  enum class shape { linear, logarithmic, exponential, step, diminishing };
  shape kind = shape::linear;
  double curvature = 0.0;
  /// (threshold, value) in ascending order of threshold; for `step`.
  std::vector<std::pair<double, double>> breakpoints;

  friend bool operator==(const scoring_function&, const scoring_function&)
    = default;
};

/// One thing that makes an item valuable or not.
struct criterion {
  std::string id;
  std::string category;
  /// Weight within the category; the active ones sum to 1.
  double weight = 0.0;
  /// Where the value is: a key, "custom_fields.key", or a JSON pointer "/a/b".
  std::string source;
  direction better = direction::higher_is_better;
  normalisation method = normalisation::minmax;
  /// Text to number. Unknown words are missing (standard) or 0 (compat).
  std::optional<std::map<std::string, double, std::less<>>> mapping;
  /// Bounds of the normalised value.
  std::optional<double> threshold_min;
  std::optional<double> threshold_max;
  bool active = true;
  missing_policy missing = missing_policy::renormalise;
  scoring_function function;
};

/// Groups criteria; the weights of all categories sum to 1.
struct category {
  std::string id;
  double weight = 0.0;
};

/// Where the criteria's weights come from under the standard rules. `given`
/// takes them as they are; `pairwise` is AHP on `matrix`; `rank_order` gives
/// ROC weights to `ranking` (criterion ids, most important first); `swing`
/// normalises `swings` (criterion id to points). The compat rules always derive
/// a pairwise matrix from the given weights.
struct weighting {
  enum class source { given, pairwise, rank_order, swing };
  source kind = source::given;
  std::vector<std::vector<double>> matrix; // One row per active criterion.
  std::vector<std::string> ranking;
  std::map<std::string, double, std::less<>> swings;
  /// Largest consistency ratio that passes as consistent.
  double consistency_threshold = 0.10;
  /// Accept a matrix above the threshold, with a warning.
  bool allow_inconsistent = false;
};

enum class integration_mode {
  balanced,
  financial_only,
  criteria_only,
  financial_priority,
  strategic_priority,
};

/// How the financial and the strategic score become one total.
struct combination_settings {
  integration_mode mode = integration_mode::balanced;
  double financial_weight = 0.4;
  double strategic_weight = 0.6;
  bool dynamic_normalisation = true;
  /// Quantile of all financial scores that counts as 1, in 0..1.
  double normalisation_percentile = 0.95;
  double confidence_threshold = 0.6;
  bool risk_adjustment = true;
  double risk_penalty_max = 0.3;
};

/// A named variant of the same configuration.
struct scoring_case {
  std::string name;
  /// Empty: those of the configuration.
  std::vector<category> category_weights;
  combination_settings combination;
};

/// What a scoring run needs to know beside the items.
struct scoring_configuration {
  rule_set rules = rule_set::standard;
  dotted_sources dotted = dotted_sources::resolved;
  std::vector<criterion> criteria;
  std::vector<category> categories;
  weighting weights;
  combination_settings combination;
  std::vector<scoring_case> cases;
  /// Where an item's own fields are, for sources that name them differently
  /// (CSV headers, trackers): field name ("work_item_id", "title",
  /// "parent_id", ...; configuration_keys.hpp) to source. Absent: the field's
  /// own name; empty: no item has the field.
  std::map<std::string, std::string, std::less<>> fields;
};

/// The 18 criteria and weights of the source system, standard rules.
[[nodiscard]] scoring_configuration default_configuration();

/// The default configuration with the category weights of a preset:
/// "default", "agile", "enterprise" or "startup". Otherwise `not_found`.
[[nodiscard]] runtime::outcome<scoring_configuration>
preset_configuration(std::string_view name);

/// The configuration as one case of it says: category weights and combination
/// settings replaced. An unknown name is `not_found`, naming the known ones.
[[nodiscard]] runtime::outcome<scoring_configuration>
select_case(scoring_configuration configuration, std::string_view name);

/// Every rule a configuration breaks, in the order of its keys; empty if valid.
/// Rules: spec of this folder's README, "Configuration check".
[[nodiscard]] std::vector<runtime::problem>
validate(const scoring_configuration& configuration);

/// A canonical JSON text: equal configurations give equal bytes. What the store
/// keeps with a run, and what `parse_configuration` reads back.
[[nodiscard]] std::string
canonical_json(const scoring_configuration& configuration);

/// 64-bit digest (XXH3) of `canonical_json`.
[[nodiscard]] std::uint64_t digest(const scoring_configuration& configuration);

/// Reads YAML or JSON text. Unknown keys, wrong types and broken rules are
/// `invalid_input` with line, column, key and, for a misspelt key, the nearest
/// known one. `file` appears in errors only.
[[nodiscard]] runtime::outcome<scoring_configuration>
parse_configuration(std::string_view text, const std::string& file);

/// The same from a file: `not_found` when there is none, `invalid_input` above
/// 16 MiB.
[[nodiscard]] runtime::outcome<scoring_configuration>
read_configuration(const std::string& path);

} // namespace troupe::scoring
