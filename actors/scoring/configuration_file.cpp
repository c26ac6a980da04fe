#include "actors/scoring/configuration.hpp"
#include "actors/scoring/configuration_keys.hpp"
#include "actors/scoring/configuration_words.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/yaml_document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <tuple>

namespace troupe::scoring {

namespace {

using runtime::fail;
using runtime::mapping_reader;
using runtime::one_of;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_value;
using problems = std::vector<problem>;
using number_map = std::map<std::string, double, std::less<>>;

template <class T>
using element_reader = outcome<T> (*)(const yaml_value&);

/// A list of T, each element read by `read`; the first fault ends it.
template <class T>
outcome<std::vector<T>> list_of(const yaml_value& value,
                                element_reader<T> read) {
  const auto items = value.items();
  if (!items)
    return fail(items.error());
  auto result = std::vector<T>{};
  result.reserve(items->size());
  for (const auto& item : *items) {
    auto element = read(item);
    if (!element)
      return fail(std::move(element.error()));
    result.push_back(std::move(*element));
  }
  return result;
}

outcome<double> number(const yaml_value& value) {
  return value.number();
}

outcome<std::string> text(const yaml_value& value) {
  return value.text();
}

/// A number or a fraction of whole numbers such as 1/3.
outcome<double> comparison(const yaml_value& value) {
  const auto written = value.text();
  const auto slash = written ? written->find('/') : std::string::npos;
  if (slash == std::string::npos)
    return value.number();
  auto parts = std::pair<int, int>{};
  const auto* begin = written->data();
  const auto* end = begin + written->size();
  const auto top = std::from_chars(begin, begin + slash, parts.first);
  const auto bottom = std::from_chars(begin + slash + 1, end, parts.second);
  if (top.ec != std::errc{} || top.ptr != begin + slash
      || bottom.ec != std::errc{} || bottom.ptr != end || parts.second == 0)
    return fail(
      value.error("must be a number or a fraction", "for example 3 or 1/3"));
  return static_cast<double>(parts.first) / parts.second;
}

outcome<std::vector<double>> comparison_row(const yaml_value& value) {
  return list_of<double>(value, comparison);
}

outcome<std::vector<std::vector<double>>> comparisons(const yaml_value& value) {
  return list_of<std::vector<double>>(value, comparison_row);
}

outcome<std::vector<std::string>> texts(const yaml_value& value) {
  return list_of<std::string>(value, text);
}

outcome<std::pair<double, double>> breakpoint(const yaml_value& value) {
  const auto pair = list_of<double>(value, number);
  if (!pair)
    return fail(pair.error());
  if (pair->size() != 2)
    return fail(value.error("a breakpoint is a threshold and a value",
                            "for example [0.5, 1]"));
  return std::pair{pair->front(), pair->back()};
}

outcome<std::vector<std::pair<double, double>>>
breakpoints(const yaml_value& value) {
  return list_of<std::pair<double, double>>(value, breakpoint);
}

outcome<number_map> numbers_by_name(const yaml_value& value) {
  const auto entries = value.entries();
  if (!entries)
    return fail(entries.error());
  auto result = number_map{};
  for (const auto& [name, entry] : *entries) {
    const auto read = entry.number();
    if (!read)
      return fail(read.error());
    result.emplace(name, *read);
  }
  return result;
}

outcome<std::vector<category>> category_weights(const yaml_value& value) {
  const auto entries = value.entries();
  if (!entries)
    return fail(entries.error());
  auto result = std::vector<category>{};
  for (const auto& [name, entry] : *entries) {
    const auto weight = entry.number();
    if (!weight)
      return fail(weight.error());
    result.push_back({name, *weight});
  }
  return result;
}

outcome<direction> benefit_or_cost(const yaml_value& value) {
  return value.boolean().map([](bool higher_is_better) {
    return higher_is_better ? direction::higher_is_better
                            : direction::lower_is_better;
  });
}

/// Reads the parts of a document and gathers all problems.
class document_reader {
public:
  outcome<scoring_configuration> read(const yaml_value& root) {
    auto result = read_document(root);
    if (found_.empty())
      place_broken_rules(root, validate(result));
    // Whether comparisons contradict each other shows only with their weights.
    if (found_.empty())
      if (const auto plan = compile(result); !plan)
        place_broken_rules(root, {plan.error()});
    if (found_.empty())
      return result;
    return fail(first_problem());
  }

private:
  scoring_configuration read_document(const yaml_value& root) {
    auto in = mapping_reader{root, found_};
    report_unknown(root, keys::document);
    auto result = base_of(in);
    in.optional("rules", result.rules, one_of(rule_set_words));
    in.optional("custom_fields", result.dotted, one_of(dotted_sources_words));
    in.optional("category_weights", result.categories, category_weights);
    read_weighting(in, result.weights);
    if (const auto value = in.take("scoring"))
      read_combination(*value, result.combination);
    if (const auto value = in.take("criteria"))
      result.criteria = read_criteria(*value, result.weights.kind);
    if (const auto value = in.take("cases"))
      result.cases = read_cases(*value, result.combination);
    if (const auto value = in.take("fields"))
      read_fields(*value, result.fields);
    return result;
  }

  void report_unknown(const yaml_value& value,
                      std::span<const std::string_view> known) {
    auto unknown = value.unknown_keys(known);
    std::move(unknown.begin(), unknown.end(), std::back_inserter(found_));
  }

  scoring_configuration base_of(mapping_reader& in) {
    const auto value = in.take("preset");
    if (!value)
      return {};
    const auto name = value->text();
    if (!name) {
      found_.push_back(name.error());
      return {};
    }
    auto base = preset_configuration(*name);
    if (!base) {
      found_.push_back(value->error(base.error().message, base.error().hint));
      return {};
    }
    return std::move(*base);
  }

  void read_weighting(mapping_reader& document, weighting& target) {
    document.optional("consistency_threshold", target.consistency_threshold);
    const auto value = document.take("weights");
    if (!value)
      return;
    report_unknown(*value, keys::weights);
    if (value->find("consistency_threshold")
        && document.take("consistency_threshold"))
      found_.push_back(value->error("consistency_threshold is given twice",
                                    "keep it here or at the top of the file"));
    auto in = mapping_reader{*value, found_};
    in.optional("method", target.kind, one_of(weighting_words));
    in.optional("matrix", target.matrix, comparisons);
    in.optional("ranking", target.ranking, texts);
    in.optional("swings", target.swings, numbers_by_name);
    in.optional("consistency_threshold", target.consistency_threshold);
    in.optional("allow_inconsistent", target.allow_inconsistent);
  }

  void read_combination(const yaml_value& value, combination_settings& target) {
    report_unknown(value, keys::scoring);
    auto in = mapping_reader{value, found_};
    in.optional("integration_mode", target.mode,
                one_of(integration_mode_words));
    in.optional("financial_weight", target.financial_weight);
    in.optional("strategic_weight", target.strategic_weight);
    in.optional("enable_dynamic_normalization", target.dynamic_normalisation);
    in.optional("normalization_percentile", target.normalisation_percentile);
    in.optional("confidence_threshold", target.confidence_threshold);
    in.optional("risk_adjustment_enabled", target.risk_adjustment);
    in.optional("max_risk_penalty", target.risk_penalty_max);
    auto ignored_text = std::string{};
    auto ignored_choice = false;
    auto ignored_count = std::uint32_t{0};
    in.optional("financial_mapping_mode", ignored_text);
    in.optional("enable_sensitivity_analysis", ignored_choice);
    in.optional("monte_carlo_iterations", ignored_count);
  }

  std::vector<criterion> read_criteria(const yaml_value& value,
                                       weighting::source weights) {
    auto result = std::vector<criterion>{};
    for (const auto& item : items_of(value))
      result.push_back(read_criterion(item, weights));
    return result;
  }

  criterion read_criterion(const yaml_value& value, weighting::source weights) {
    constexpr auto data_types
      = std::to_array<std::pair<std::string_view, bool>>(
        {{"numeric", true}, {"categorical", true}, {"boolean", true}});
    auto result = criterion{};
    if (!is_mapping(value))
      return result;
    report_unknown(value, keys::criterion);
    auto in = mapping_reader{value, found_};
    in.required("criterion_id", result.id);
    in.required("category", result.category);
    if (weights == weighting::source::given)
      in.required("weight", result.weight);
    else
      in.optional("weight", result.weight);
    in.required("data_source", result.source);
    auto ignored_type = false;
    in.optional("data_type", ignored_type, [&](const yaml_value& type) {
      return type.choice<bool>(data_types);
    });
    in.optional("higher_is_better", result.better, benefit_or_cost);
    in.optional("normalization_method", result.method,
                one_of(normalisation_words));
    in.optional("value_mapping", result.mapping, numbers_by_name);
    in.optional("threshold_min", result.threshold_min);
    in.optional("threshold_max", result.threshold_max);
    in.optional("is_active", result.active);
    in.optional("missing", result.missing, one_of(missing_policy_words));
    if (const auto function = in.take("function"))
      read_function(*function, result.function);
    return result;
  }

  void read_function(const yaml_value& value, scoring_function& target) {
    report_unknown(value, keys::function);
    auto in = mapping_reader{value, found_};
    in.required("shape", target.kind, one_of(function_shape_words));
    in.optional("curvature", target.curvature);
    in.optional("breakpoints", target.breakpoints, breakpoints);
  }

  std::vector<scoring_case> read_cases(const yaml_value& value,
                                       const combination_settings& base) {
    auto result = std::vector<scoring_case>{};
    for (const auto& item : items_of(value)) {
      auto variant = scoring_case{{}, {}, base};
      if (is_mapping(item)) {
        report_unknown(item, keys::scoring_case);
        auto in = mapping_reader{item, found_};
        in.required("name", variant.name);
        in.optional("category_weights", variant.category_weights,
                    category_weights);
        if (const auto scoring = in.take("scoring"))
          read_combination(*scoring, variant.combination);
      }
      result.push_back(std::move(variant));
    }
    return result;
  }

  void read_fields(const yaml_value& value,
                   std::map<std::string, std::string, std::less<>>& target) {
    report_unknown(value, keys::fields);
    auto in = mapping_reader{value, found_};
    for (const auto key : keys::fields) {
      auto source = std::optional<std::string>{};
      in.optional(key, source);
      if (source)
        target[std::string{key}] = std::move(*source);
    }
  }

  bool is_mapping(const yaml_value& value) {
    if (value.type() == runtime::yaml_kind::mapping)
      return true;
    found_.push_back(value.error("must be a mapping", "write key: value"));
    return false;
  }

  std::vector<yaml_value> items_of(const yaml_value& value) {
    auto items = value.items();
    if (items)
      return std::move(*items);
    found_.push_back(items.error());
    return {};
  }

  /// Gives broken rules the place of the value they are about.
  void place_broken_rules(const yaml_value& root, problems broken) {
    for (auto& reason : broken) {
      const auto place = locate(root, reason.key).error({});
      reason.file = place.file;
      reason.line = place.line;
      reason.column = place.column;
      found_.push_back(std::move(reason));
    }
  }

  /// The value at a path such as "criteria[3].weight", or the innermost one on
  /// the way to it that the file has.
  static yaml_value locate(const yaml_value& value, std::string_view path) {
    if (path == "weights.consistency_threshold")
      if (auto top = value.find("consistency_threshold"))
        return *top;
    return value.locate(path);
  }

  /// The first problem of the file; its hint tells of the others.
  problem first_problem() {
    constexpr auto listed_max = std::size_t{8};
    std::stable_sort(found_.begin(), found_.end(),
                     [](const problem& left, const problem& right) {
                       return std::tie(left.line, left.column)
                              < std::tie(right.line, right.column);
                     });
    auto first = found_.front();
    const auto separate = [&] { first.hint += first.hint.empty() ? "" : "; "; };
    for (auto index = std::size_t{1};
         index < std::min(found_.size(), listed_max); ++index) {
      const auto& other = found_[index];
      separate();
      first.hint += "also line " + std::to_string(other.line) + ", " + other.key
                    + ": " + other.message;
    }
    if (found_.size() > listed_max) {
      separate();
      first.hint
        += "and " + std::to_string(found_.size() - listed_max) + " more";
    }
    return first;
  }

  problems found_;
};

outcome<scoring_configuration>
configuration_of(const outcome<runtime::yaml_document>& document) {
  if (!document)
    return fail(document.error());
  return document_reader{}.read(document->root());
}

} // namespace

outcome<scoring_configuration> parse_configuration(std::string_view text,
                                                   const std::string& file) {
  return configuration_of(runtime::yaml_document::parse(text, file));
}

outcome<scoring_configuration> read_configuration(const std::string& path) {
  return configuration_of(runtime::yaml_document::read(path));
}

} // namespace troupe::scoring
