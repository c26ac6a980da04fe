#include "actors/scoring/configuration.hpp"
#include "actors/scoring/configuration_keys.hpp"
#include "actors/scoring/configuration_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

namespace troupe::scoring {

namespace {

constexpr auto criteria_max = std::size_t{256};
constexpr auto compat_criteria_min = std::size_t{3};
constexpr auto compat_criteria_max = std::size_t{25};
constexpr auto compat_categories_min = std::size_t{3};
constexpr auto cases_max = std::size_t{256};
constexpr auto mapping_entries_max = std::size_t{10'000};
constexpr auto text_bytes_max = std::size_t{256};
constexpr auto source_bytes_max = std::size_t{4096};
constexpr auto weight_tolerance = 1e-6;
constexpr auto category_tolerance = 1e-10;
/// Lets reciprocals be written with two decimals: 0.33 and 3.
constexpr auto reciprocal_tolerance = 0.05;
constexpr auto curvature_max = 100.0;

bool within(double value, double low, double high) {
  return value >= low && value <= high; // False for NaN.
}

std::string number(double value) {
  auto buffer = std::array<char, 32>{};
  const auto length
    = std::snprintf(buffer.data(), buffer.size(), "%.10g", value);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

bool is_control(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == 0x7f;
}

bool is_pointer(std::string_view source) {
  for (auto at = source.find('~'); at != std::string_view::npos;
       at = source.find('~', at + 1))
    if (at + 1 == source.size()
        || (source[at + 1] != '0' && source[at + 1] != '1'))
      return false;
  return true;
}

/// Collects the broken rules of one configuration.
class checker {
public:
  explicit checker(const scoring_configuration& configuration)
    : configuration_{configuration}, compat_{configuration.rules
                                             == rule_set::compat} {}

  std::vector<runtime::problem> run() {
    check_criteria();
    check_categories(configuration_.categories, "category_weights");
    if (uses_given_weights())
      check_weight_sums();
    else
      check_weighting();
    check_range(configuration_.weights.consistency_threshold, 0.0, 1.0,
                "weights.consistency_threshold");
    check_combination(configuration_.combination, "scoring");
    check_cases();
    check_fields();
    return std::move(problems_);
  }

private:
  void report(std::string key, std::string message, std::string hint) {
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.message = std::move(message);
    reason.key = std::move(key);
    reason.hint = std::move(hint);
    problems_.push_back(std::move(reason));
  }

  [[nodiscard]] bool uses_given_weights() const {
    return compat_ || configuration_.weights.kind == weighting::source::given;
  }

  void check_range(double value, double low, double high,
                   const std::string& key) {
    if (!within(value, low, high))
      report(key, number(value) + " is out of range",
             "between " + number(low) + " and " + number(high));
  }

  void check_text(const std::string& text, const std::string& key,
                  std::size_t bytes_max = text_bytes_max) {
    if (text.empty())
      report(key, "the text is empty", "give it a name");
    else if (text.size() > bytes_max)
      report(key, "the text is too long",
             "at most " + std::to_string(bytes_max) + " bytes");
    else if (std::any_of(text.begin(), text.end(), is_control))
      report(key, "the text has control characters", "remove them");
  }

  static bool has_category(const std::vector<category>& categories,
                           const std::string& id) {
    return std::any_of(categories.begin(), categories.end(),
                       [&](const category& entry) { return entry.id == id; });
  }

  [[nodiscard]] std::vector<const criterion*> active() const {
    auto result = std::vector<const criterion*>{};
    for (const auto& entry : configuration_.criteria)
      if (entry.active)
        result.push_back(&entry);
    return result;
  }

  void check_criteria() {
    const auto& criteria = configuration_.criteria;
    if (criteria.size() > criteria_max)
      return report("criteria",
                    "there are " + std::to_string(criteria.size())
                      + " criteria",
                    "at most " + std::to_string(criteria_max));
    check_counts();
    auto ids = std::set<std::string_view>{};
    auto sources = std::set<std::string_view>{};
    for (auto index = std::size_t{0}; index < criteria.size(); ++index) {
      const auto& entry = criteria[index];
      const auto key = "criteria[" + std::to_string(index) + "].";
      if (!ids.insert(entry.id).second)
        report(key + "criterion_id",
               "two criteria are called " + quoted(entry.id),
               "give each its own id");
      if (compat_ && entry.active && !sources.insert(entry.source).second)
        report(key + "data_source",
               "two active criteria read " + quoted(entry.source),
               "the compat rules want a source of its own for each; "
               "deactivate one");
      check_criterion(entry, key);
    }
  }

  void check_counts() {
    const auto count = active().size();
    auto categories = std::set<std::string_view>{};
    for (const auto* entry : active())
      categories.insert(entry->category);
    if (compat_
        && !within(static_cast<double>(count), compat_criteria_min,
                   compat_criteria_max))
      report("criteria",
             "there are " + std::to_string(count) + " active criteria",
             "the compat rules want 3 to 25");
    else if (count == 0)
      report("criteria", "there is no active criterion",
             "add one, or name a preset");
    if (compat_ && categories.size() < compat_categories_min)
      report("criteria",
             "only " + std::to_string(categories.size())
               + " categories have active criteria",
             "the compat rules want at least 3");
  }

  void check_criterion(const criterion& entry, const std::string& key) {
    check_text(entry.id, key + "criterion_id");
    if (!has_category(configuration_.categories, entry.category))
      report(key + "category", "there is no category " + quoted(entry.category),
             "add it to category_weights");
    check_range(entry.weight, 0.0, 1.0, key + "weight");
    if (compat_ && entry.active && entry.weight == 0.0)
      report(key + "weight", "the weight of an active criterion is 0",
             "the compat rules divide by it; deactivate the criterion");
    check_source(entry.source, key + "data_source");
    if (compat_
        && (entry.method == normalisation::percentile
            || entry.method == normalisation::robust))
      report(key + "normalization_method",
             std::string{to_word(normalisation_words, entry.method)}
               + " does not exist under the compat rules",
             "use minmax, zscore or none, or the standard rules");
    check_thresholds(entry, key);
    if (entry.mapping)
      check_mapping(*entry.mapping, key + "value_mapping");
    check_function(entry.function, key + "function");
  }

  void check_source(const std::string& source, const std::string& key) {
    check_text(source, key, source_bytes_max);
    if (source == "custom_fields.")
      report(key, "no field is named after the dot",
             "for example custom_fields.revenue_impact");
    if (source.starts_with('/') && !is_pointer(source))
      report(key, "this is not a JSON pointer",
             "write ~0 for a tilde and ~1 for a slash within a key");
  }

  void check_thresholds(const criterion& entry, const std::string& key) {
    for (const auto& [bound, name] :
         {std::pair{entry.threshold_min, "threshold_min"},
          std::pair{entry.threshold_max, "threshold_max"}}) {
      if (!bound)
        continue;
      if (!std::isfinite(*bound))
        report(key + name, "the bound is not a finite number", "remove it");
      else if (!compat_ && entry.method != normalisation::none)
        check_range(*bound, 0.0, 1.0, key + name);
    }
    if (entry.threshold_min && entry.threshold_max
        && *entry.threshold_min > *entry.threshold_max)
      report(key + "threshold_min", "the lower bound is above the upper one",
             "swap threshold_min and threshold_max");
  }

  void check_mapping(const std::map<std::string, double, std::less<>>& mapping,
                     const std::string& key) {
    if (mapping.size() > mapping_entries_max)
      report(key, "the mapping is too long",
             "at most " + std::to_string(mapping_entries_max) + " words");
    for (const auto& [word, value] : mapping)
      if (!std::isfinite(value))
        report(std::string{key}.append(".").append(word),
               "the value is not a finite number", "write a number");
  }

  void check_function(const scoring_function& function,
                      const std::string& key) {
    using shape = scoring_function::shape;
    if (function.kind == shape::linear)
      return;
    if (function.kind != shape::step) {
      if (!(function.curvature > 0.0 && function.curvature <= curvature_max))
        report(key + ".curvature",
               "the shape " + std::string{shape_word(function.kind)}
                 + " needs a curvature",
               "above 0 and at most " + number(curvature_max));
      return;
    }
    const auto& points = function.breakpoints;
    if (points.empty() || points.size() > mapping_entries_max)
      report(key + ".breakpoints", "a step function needs breakpoints",
             "pairs of threshold and value, for example [[0, 0], [0.5, 1]]");
    for (auto index = std::size_t{0}; index < points.size(); ++index) {
      const auto place = key + ".breakpoints[" + std::to_string(index) + "]";
      check_range(points[index].first, 0.0, 1.0, place);
      check_range(points[index].second, 0.0, 1.0, place);
      if (index > 0 && !(points[index - 1].first < points[index].first))
        report(place, "the thresholds do not ascend",
               "sort the breakpoints, each threshold once");
    }
  }

  static std::string_view shape_word(scoring_function::shape shape) {
    return to_word(function_shape_words, shape);
  }

  /// The categories of the configuration or of a case.
  void check_categories(const std::vector<category>& categories,
                        const std::string& key) {
    if (categories.empty())
      return report(key, "there is no category",
                    "name each category with its weight");
    if (categories.size() > criteria_max)
      return report(key, "there are too many categories",
                    "at most " + std::to_string(criteria_max));
    auto ids = std::set<std::string_view>{};
    auto sum = 0.0;
    for (const auto& entry : categories) {
      const auto place = key + "." + entry.id;
      check_text(entry.id, place);
      if (!ids.insert(entry.id).second)
        report(place, "two categories are called " + quoted(entry.id),
               "give each its own name");
      check_range(entry.weight, 0.0, 1.0, place);
      if (compat_ && entry.weight == 0.0 && has_active(entry.id))
        report(place, "the weight of a category with active criteria is 0",
               "the compat rules divide by it; deactivate its criteria");
      sum += entry.weight;
    }
    if (uses_given_weights() && !(std::abs(sum - 1.0) <= category_tolerance))
      report(key, "the category weights sum to " + number(sum),
             "they must sum to 1");
  }

  [[nodiscard]] bool has_active(const std::string& id) const {
    const auto entries = active();
    return std::any_of(entries.begin(), entries.end(),
                       [&](const criterion* entry) {
                         return entry->category == id;
                       });
  }

  void check_weight_sums() {
    auto any_weight = false;
    for (const auto& group : configuration_.categories) {
      if (!has_active(group.id))
        continue;
      any_weight = any_weight || group.weight > 0.0;
      auto sum = 0.0;
      for (const auto* entry : active())
        if (entry->category == group.id)
          sum += entry->weight;
      if (!(std::abs(sum - 1.0) <= weight_tolerance))
        report("criteria",
               "the weights of category " + group.id + " sum to " + number(sum),
               "the weights of its active criteria must sum to 1");
    }
    if (!any_weight && !active().empty() && !configuration_.categories.empty())
      report("category_weights",
             "no category with active criteria has a weight",
             "give at least one of them a weight above 0");
  }

  void check_weighting() {
    const auto& weights = configuration_.weights;
    if (weights.kind == weighting::source::pairwise)
      check_matrix(weights.matrix);
    else if (weights.kind == weighting::source::rank_order)
      check_ranking(weights.ranking);
    else
      check_swings(weights.swings);
  }

  void check_matrix(const std::vector<std::vector<double>>& rows) {
    const auto count = active().size();
    const auto is_short = [&](const auto& row) { return row.size() != count; };
    if (rows.size() != count || std::any_of(rows.begin(), rows.end(), is_short))
      return report("weights.matrix",
                    "the matrix is not " + std::to_string(count) + " by "
                      + std::to_string(count),
                    "one row and one column for each active criterion");
    for (auto row = std::size_t{0}; row < count; ++row)
      for (auto column = row; column < count; ++column)
        check_comparison(rows, row, column);
  }

  void check_comparison(const std::vector<std::vector<double>>& rows,
                        std::size_t row, std::size_t column) {
    const auto key = "weights.matrix[" + std::to_string(row) + "]["
                     + std::to_string(column) + "]";
    const auto value = rows[row][column];
    const auto mirror = rows[column][row];
    constexpr auto low = 1.0 / 9.5;
    constexpr auto high = 9.5;
    if (!within(value, low, high) || !within(mirror, low, high))
      report(key, "a comparison is outside Saaty's scale", "between 1/9 and 9");
    else if (row == column && value != 1.0)
      report(key, "a criterion compared with itself is not 1", "write 1");
    else if (std::abs(value * mirror - 1.0) > reciprocal_tolerance)
      report(key, "the mirror entry is not the reciprocal",
             number(value) + " faces " + number(mirror));
  }

  void check_ranking(const std::vector<std::string>& ranking) {
    auto ranked = std::set<std::string_view>{};
    for (auto index = std::size_t{0}; index < ranking.size(); ++index) {
      const auto key = "weights.ranking[" + std::to_string(index) + "]";
      if (!is_active(ranking[index]))
        report(key, quoted(ranking[index]) + " is not an active criterion",
               "use the criterion_id of an active criterion");
      else if (!ranked.insert(ranking[index]).second)
        report(key, quoted(ranking[index]) + " is ranked twice",
               "name each criterion once");
    }
    for (const auto* entry : active())
      if (!ranked.contains(entry->id))
        report("weights.ranking", quoted(entry->id) + " is not ranked",
               "name every active criterion");
  }

  void check_swings(const std::map<std::string, double, std::less<>>& swings) {
    for (const auto& [id, points] : swings) {
      const auto key = "weights.swings." + id;
      if (!is_active(id))
        report(key, quoted(id) + " is not an active criterion",
               "use the criterion_id of an active criterion");
      if (!(points > 0.0 && points <= 1e6))
        report(key, "the points are out of range", "above 0, at most 1000000");
    }
    for (const auto* entry : active())
      if (!swings.contains(entry->id))
        report("weights.swings", quoted(entry->id) + " has no points",
               "give points to every active criterion");
  }

  [[nodiscard]] bool is_active(const std::string& id) const {
    const auto entries = active();
    return std::any_of(entries.begin(), entries.end(),
                       [&](const criterion* entry) { return entry->id == id; });
  }

  void check_combination(const combination_settings& settings,
                         const std::string& key) {
    check_range(settings.financial_weight, 0.0, 1.0, key + ".financial_weight");
    check_range(settings.strategic_weight, 0.0, 1.0, key + ".strategic_weight");
    const auto sum = settings.financial_weight + settings.strategic_weight;
    if (!(std::abs(sum - 1.0) <= weight_tolerance))
      report(key + ".financial_weight",
             "financial_weight and strategic_weight sum to " + number(sum),
             "they must sum to 1");
    check_range(settings.normalisation_percentile, 0.0, 1.0,
                key + ".normalization_percentile");
    check_range(settings.confidence_threshold, 0.0, 1.0,
                key + ".confidence_threshold");
    check_range(settings.risk_penalty_max, 0.0, 1.0, key + ".max_risk_penalty");
  }

  void check_cases() {
    const auto& cases = configuration_.cases;
    if (cases.size() > cases_max)
      return report("cases", "there are too many cases",
                    "at most " + std::to_string(cases_max));
    auto names = std::set<std::string_view>{};
    for (auto index = std::size_t{0}; index < cases.size(); ++index) {
      const auto key = "cases[" + std::to_string(index) + "]";
      check_text(cases[index].name, key + ".name");
      if (!names.insert(cases[index].name).second)
        report(key + ".name",
               "two cases are called " + quoted(cases[index].name),
               "give each its own name");
      if (!cases[index].category_weights.empty())
        check_case_categories(cases[index].category_weights,
                              key + ".category_weights");
      check_combination(cases[index].combination, key + ".scoring");
    }
  }

  void check_case_categories(const std::vector<category>& categories,
                             const std::string& key) {
    check_categories(categories, key);
    for (const auto& entry : configuration_.categories)
      if (!has_category(categories, entry.id))
        report(key, "the case leaves out category " + quoted(entry.id),
               "give it a weight");
    for (const auto& entry : categories)
      if (!has_category(configuration_.categories, entry.id))
        report(key + "." + entry.id, "there is no category " + quoted(entry.id),
               "add it to category_weights");
  }

  void check_fields() {
    for (const auto& [field, source] : configuration_.fields) {
      const auto key = "fields." + field;
      if (std::find(keys::fields.begin(), keys::fields.end(), field)
          == keys::fields.end())
        report(key, "an item has no field " + quoted(field),
               "the README names them");
      // Empty: no item has this field.
      if (!source.empty())
        check_source(source, key);
    }
  }

  const scoring_configuration& configuration_;
  bool compat_;
  std::vector<runtime::problem> problems_;
};

} // namespace

std::vector<runtime::problem>
validate(const scoring_configuration& configuration) {
  return checker{configuration}.run();
}

} // namespace troupe::scoring
