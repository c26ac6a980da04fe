#include "actors/simulation/scenario_file.hpp"

#include "actors/simulation/date_text.hpp"
#include "actors/simulation/scenario_keys.hpp"
#include "actors/simulation/scenario_reading.hpp"
#include "runtime/config/problem_order.hpp"

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

namespace troupe::simulation {

using json = nlohmann::ordered_json;
using runtime::problem;

namespace {

/// By file and line. Scenarios share files, and with them their mistakes: each
/// is told once.
std::vector<problem> each_once(std::vector<problem> problems) {
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  auto seen = std::unordered_set<std::string>{};
  std::erase_if(problems, [&](const problem& each) {
    return !seen.insert(runtime::render(each)).second;
  });
  auto ordered = runtime::in_file_order(std::move(problems), all);
  std::ranges::stable_sort(ordered, {}, &problem::file);
  if (ordered.size() <= runtime::problems_told_max)
    return ordered;
  auto rest = problem{};
  rest.kind = runtime::problem_kind::invalid_input;
  rest.message = "and "
                 + std::to_string(ordered.size() - runtime::problems_told_max)
                 + " more problems";
  ordered.resize(runtime::problems_told_max);
  ordered.push_back(std::move(rest));
  return ordered;
}

template <class Words, class Choice>
std::string_view spell(const Words& words, Choice choice) {
  for (const auto& [text, value] : words)
    if (value == choice)
      return text;
  return {};
}

json to_json(const std::vector<year_rate>& rates) {
  auto result = json::array();
  for (const auto& each : rates)
    result.push_back(json::array({each.year, each.rate}));
  return result;
}

json to_json(const compensation_rules& of) {
  auto bands = json::array();
  for (const auto& band : of.hire_band_by_level)
    bands.push_back(json::array({band.low, band.high}));
  return {{"cola", of.cola_rate},
          {"merit_by_level", of.merit_by_level},
          {"hire_band_by_level", std::move(bands)}};
}

json to_json(const enrollment_rules& of) {
  auto cutoff = json{};
  if (of.hire_date_cutoff) {
    auto text = std::string{};
    append_date(text, *of.hire_date_cutoff);
    cutoff = std::move(text);
  }
  return {{"scope", spell(keys::enrollment_scope_words, of.scope)},
          {"hire_date_cutoff", std::move(cutoff)},
          {"rate_by_age_segment", of.rate_by_age_segment},
          {"income_multipliers", of.income_multipliers},
          {"deferral_by_age_segment", of.deferral_by_age_segment},
          {"opt_out_rate_young", of.opt_out_rate_young},
          {"opt_out_income_multipliers", of.opt_out_income_multipliers}};
}

} // namespace

checked<std::vector<named_scenario>>
parse_scenarios(const runtime::yaml_document& document, const std::string& path,
                std::span<const scenario_override> overrides) {
  auto problems = std::vector<problem>{};
  auto scenarios = std::vector<named_scenario>{};
  for (auto& source : find_scenarios(document, path, overrides, problems)) {
    auto values = read_scenario(source, problems);
    scenarios.push_back({std::move(source.name), std::move(values)});
  }
  if (!problems.empty())
    return tl::unexpected{each_once(std::move(problems))};
  return scenarios;
}

checked<std::vector<named_scenario>>
read_scenarios(const std::string& path,
               std::span<const scenario_override> overrides) {
  const auto document = runtime::yaml_document::read(path);
  if (!document)
    return tl::unexpected{std::vector{document.error()}};
  return parse_scenarios(*document, path, overrides);
}

std::string canonical_text(const scenario& of) {
  const auto text
    = json{{"start_year", of.start_year},
           {"end_year", of.end_year},
           {"random_seed", of.seed},
           {"growth", of.growth_rate},
           {"growth_by_year", to_json(of.growth_by_year)},
           {"headcount_method",
            spell(keys::headcount_method_words, of.workforce.method)},
           {"termination", of.workforce.termination_rate},
           {"new_hire_termination", of.workforce.new_hire_termination_rate},
           {"waiting_period_days", of.eligibility.waiting_period_days},
           {"minimum_age", of.eligibility.minimum_age},
           {"compensation", to_json(of.compensation)},
           {"cola_by_year", to_json(of.cola_by_year)},
           {"promotion",
            {{"base_rate", of.promotion.base_rate},
             {"level_dampener", of.promotion.level_dampener},
             {"age_multipliers", of.promotion.age_multipliers},
             {"tenure_multipliers", of.promotion.tenure_multipliers}}},
           {"enrollment", to_json(of.enrollment)}};
  return text.dump();
}

std::uint64_t digest(const scenario& of) {
  const auto text = canonical_text(of);
  return XXH3_64bits(text.data(), text.size());
}

} // namespace troupe::simulation
