#include "actors/scoring/configuration.hpp"

#include "actors/scoring/configuration_words.hpp"

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace troupe::scoring {

namespace {

using json = nlohmann::ordered_json;
using words = std::map<std::string, double, std::less<>>;

constexpr auto category_ids = std::to_array<const char*>(
  {"business_value", "strategic_alignment", "customer_value",
   "implementation_complexity", "risk_assessment"});

struct preset {
  std::string_view name;
  std::array<double, category_ids.size()> weights;
};

constexpr auto presets = std::to_array<preset>({
  {"default", {0.25, 0.25, 0.20, 0.15, 0.15}},
  {"agile", {0.30, 0.15, 0.30, 0.20, 0.05}},
  {"enterprise", {0.25, 0.35, 0.15, 0.05, 0.20}},
  {"startup", {0.30, 0.07, 0.35, 0.25, 0.03}},
});

criterion benefit(const char* id, const char* group, double weight,
                  const char* source) {
  auto result = criterion{};
  result.id = id;
  result.category = group;
  result.weight = weight;
  result.source = source;
  return result;
}

criterion cost(const char* id, const char* group, double weight,
               const char* source) {
  auto result = benefit(id, group, weight, source);
  result.better = direction::lower_is_better;
  return result;
}

criterion choice(criterion base, words mapping) {
  base.mapping = std::move(mapping);
  return base;
}

void append(std::vector<criterion>& to, std::vector<criterion> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

std::vector<criterion> business_value() {
  constexpr auto group = "business_value";
  return {
    benefit("bv_business_value_raw", group, 0.40, "business_value_raw"),
    benefit("bv_revenue_impact", group, 0.30, "custom_fields.revenue_impact"),
    benefit("bv_cost_savings", group, 0.20, "custom_fields.cost_savings"),
    choice(benefit("bv_time_criticality", group, 0.10,
                   "custom_fields.time_criticality"),
           {{"Critical", 1.0},
            {"High", 0.75},
            {"Medium", 0.5},
            {"Low", 0.25},
            {"None", 0.0}}),
  };
}

std::vector<criterion> strategic_alignment() {
  constexpr auto group = "strategic_alignment";
  auto result = std::vector<criterion>{
    benefit("sa_okr_alignment", group, 0.40,
            "custom_fields.okr_alignment_score"),
    benefit("sa_vision_alignment", group, 0.30,
            "custom_fields.vision_alignment_score"),
    benefit("sa_portfolio_balance", group, 0.20,
            "custom_fields.portfolio_balance_score"),
    choice(benefit("sa_strategic_theme", group, 0.10, "strategy_pillar"),
           {{"Customer Experience", 1.0},
            {"Innovation", 0.9},
            {"Growth", 0.85},
            {"Operational Excellence", 0.8},
            {"Technical Excellence", 0.6}}),
  };
  result[0].threshold_min = 0.3;
  result[2].method = normalisation::zscore;
  return result;
}

std::vector<criterion> customer_value() {
  constexpr auto group = "customer_value";
  return {
    benefit("cv_user_impact", group, 0.40, "custom_fields.user_impact_count"),
    choice(benefit("cv_customer_satisfaction", group, 0.35,
                   "custom_fields.csat_impact"),
           {{"Very High", 1.0},
            {"High", 0.8},
            {"Medium", 0.6},
            {"Low", 0.3},
            {"Very Low", 0.1}}),
    choice(benefit("cv_market_competitiveness", group, 0.25,
                   "custom_fields.competitive_impact"),
           {{"Game Changer", 1.0},
            {"Significant Advantage", 0.8},
            {"Competitive Parity", 0.5},
            {"Minor Advantage", 0.3},
            {"No Impact", 0.0}}),
  };
}

std::vector<criterion> implementation_complexity() {
  constexpr auto group = "implementation_complexity";
  return {
    cost("ic_technical_complexity", group, 0.40, "complexity_score"),
    cost("ic_dependency_count", group, 0.30, "custom_fields.dependency_count"),
    cost("ic_resource_requirements", group, 0.30, "story_points"),
  };
}

std::vector<criterion> risk_assessment() {
  constexpr auto group = "risk_assessment";
  return {
    cost("ra_implementation_risk", group, 0.30, "risk_score"),
    choice(benefit("ra_business_risk", group, 0.25,
                   "custom_fields.business_risk"),
           {{"Critical", 1.0},
            {"High", 0.8},
            {"Medium", 0.6},
            {"Low", 0.3},
            {"Minimal", 0.1}}),
    choice(benefit("ra_technical_risk", group, 0.25,
                   "custom_fields.technical_risk"),
           {{"High", 0.2}, {"Medium", 0.5}, {"Low", 0.8}, {"Very Low", 1.0}}),
    choice(benefit("ra_compliance_risk", group, 0.20,
                   "custom_fields.compliance_risk"),
           {{"Critical", 1.0},
            {"High", 0.8},
            {"Medium", 0.5},
            {"Low", 0.2},
            {"None", 0.0}}),
  };
}

template <class Range, class Name>
std::string listed(const Range& range, Name name) {
  auto result = std::string{};
  for (const auto& entry : range) {
    if (!result.empty())
      result += ", ";
    result += name(entry);
  }
  return result;
}

/// Zero has two encodings that compare equal; the text has one.
double canonical(double value) {
  return value == 0.0 ? 0.0 : value;
}

json optional_number(const std::optional<double>& value) {
  return value ? json(canonical(*value)) : json(nullptr);
}

json to_json(const words& numbers) {
  auto result = json::object();
  for (const auto& [word, number] : numbers)
    result[word] = canonical(number);
  return result;
}

json to_json(const std::vector<category>& categories) {
  auto result = json::object();
  for (const auto& entry : categories)
    result[entry.id] = canonical(entry.weight);
  return result;
}

json to_json(const scoring_function& function) {
  auto breakpoints = json::array();
  for (const auto& [threshold, value] : function.breakpoints)
    breakpoints.push_back({canonical(threshold), canonical(value)});
  return {{"shape", to_word(function_shape_words, function.kind)},
          {"curvature", canonical(function.curvature)},
          {"breakpoints", std::move(breakpoints)}};
}

json to_json(const criterion& entry) {
  return {
    {"criterion_id", entry.id},
    {"category", entry.category},
    {"weight", canonical(entry.weight)},
    {"data_source", entry.source},
    {"higher_is_better", entry.better == direction::higher_is_better},
    {"normalization_method", to_word(normalisation_words, entry.method)},
    {"value_mapping", entry.mapping ? to_json(*entry.mapping) : json(nullptr)},
    {"threshold_min", optional_number(entry.threshold_min)},
    {"threshold_max", optional_number(entry.threshold_max)},
    {"is_active", entry.active},
    {"missing", to_word(missing_policy_words, entry.missing)},
    {"function", to_json(entry.function)},
  };
}

json to_json(const weighting& weights) {
  auto matrix = json::array();
  for (const auto& row : weights.matrix) {
    auto numbers = json::array();
    for (const auto value : row)
      numbers.push_back(canonical(value));
    matrix.push_back(std::move(numbers));
  }
  return {
    {"method", to_word(weighting_words, weights.kind)},
    {"matrix", std::move(matrix)},
    {"ranking", weights.ranking},
    {"swings", to_json(weights.swings)},
    {"consistency_threshold", canonical(weights.consistency_threshold)},
    {"allow_inconsistent", weights.allow_inconsistent},
  };
}

json to_json(const combination_settings& settings) {
  return {
    {"integration_mode", to_word(integration_mode_words, settings.mode)},
    {"financial_weight", canonical(settings.financial_weight)},
    {"strategic_weight", canonical(settings.strategic_weight)},
    {"enable_dynamic_normalization", settings.dynamic_normalisation},
    {"normalization_percentile", canonical(settings.normalisation_percentile)},
    {"confidence_threshold", canonical(settings.confidence_threshold)},
    {"risk_adjustment_enabled", settings.risk_adjustment},
    {"max_risk_penalty", canonical(settings.risk_penalty_max)},
  };
}

json to_json(const scoring_case& variant) {
  auto result = json{{"name", variant.name}};
  if (!variant.category_weights.empty())
    result["category_weights"] = to_json(variant.category_weights);
  result["scoring"] = to_json(variant.combination);
  return result;
}

} // namespace

scoring_configuration default_configuration() {
  return preset_configuration("default").value();
}

runtime::outcome<scoring_configuration>
preset_configuration(std::string_view name) {
  const auto found = std::find_if(presets.begin(), presets.end(),
                                  [&](const preset& candidate) {
                                    return candidate.name == name;
                                  });
  if (found == presets.end())
    return runtime::fail(runtime::problem_kind::not_found,
                         "there is no preset \"" + std::string{name} + "\"",
                         "known presets: "
                           + listed(presets, [](const preset& entry) {
                               return std::string{entry.name};
                             }));
  auto result = scoring_configuration{};
  append(result.criteria, business_value());
  append(result.criteria, strategic_alignment());
  append(result.criteria, customer_value());
  append(result.criteria, implementation_complexity());
  append(result.criteria, risk_assessment());
  for (auto index = std::size_t{0}; index < category_ids.size(); ++index)
    result.categories.push_back({category_ids[index], found->weights[index]});
  return result;
}

runtime::outcome<scoring_configuration>
select_case(scoring_configuration configuration, std::string_view name) {
  const auto found = std::find_if(
    configuration.cases.begin(), configuration.cases.end(),
    [&](const scoring_case& candidate) { return candidate.name == name; });
  if (found == configuration.cases.end())
    return runtime::fail(
      runtime::problem_kind::not_found,
      "the configuration has no case \"" + std::string{name} + "\"",
      configuration.cases.empty()
        ? "it has no cases at all; leave the name out"
        : "its cases: "
            + listed(configuration.cases,
                     [](const scoring_case& entry) { return entry.name; }));
  if (!found->category_weights.empty())
    configuration.categories = found->category_weights;
  configuration.combination = found->combination;
  return configuration;
}

std::string canonical_json(const scoring_configuration& configuration) {
  auto criteria = json::array();
  for (const auto& entry : configuration.criteria)
    criteria.push_back(to_json(entry));
  auto cases = json::array();
  for (const auto& entry : configuration.cases)
    cases.push_back(to_json(entry));
  auto fields = json::object();
  for (const auto& [field, source] : configuration.fields)
    fields[field] = source;
  const auto whole = json{
    {"rules", to_word(rule_set_words, configuration.rules)},
    {"custom_fields", to_word(dotted_sources_words, configuration.dotted)},
    {"criteria", std::move(criteria)},
    {"category_weights", to_json(configuration.categories)},
    {"weights", to_json(configuration.weights)},
    {"scoring", to_json(configuration.combination)},
    {"cases", std::move(cases)},
    {"fields", std::move(fields)},
  };
  return whole.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::uint64_t digest(const scoring_configuration& configuration) {
  const auto text = canonical_json(configuration);
  return XXH3_64bits(text.data(), text.size());
}

} // namespace troupe::scoring
