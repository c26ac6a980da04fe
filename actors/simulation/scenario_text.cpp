#include "actors/simulation/scenario_text.hpp"

#include "actors/simulation/date_text.hpp"
#include "actors/simulation/scenario_keys.hpp"

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <stdexcept>
#include <utility>

namespace troupe::simulation {

using json = nlohmann::ordered_json;

namespace {

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

json to_json(const selection_rules& of) {
  return {{"method", spell(keys::leaver_selection_words, of.method)},
          {"age_multipliers", of.age_multipliers},
          {"tenure_multipliers", of.tenure_multipliers},
          {"level_multipliers", of.level_multipliers}};
}

/// Options that are as by default have a key only if `all` have.
void add_options(json& to, const scenario& of, bool all) {
  const auto& rules = of.workforce;
  if (all || rules.selection.method != leaver_selection::uniform)
    to["selection"] = to_json(rules.selection);
  if (all || rules.level_quotas)
    to["level_quotas"] = rules.level_quotas;
  if (all || of.bands != band_rules{})
    to["bands"] = {{"age", of.bands.age}, {"tenure", of.bands.tenure}};
}

template <class Words>
auto read_word(const Words& words, const json& text) {
  const auto word = text.get<std::string>();
  for (const auto& [known, value] : words)
    if (known == word)
      return value;
  throw std::invalid_argument{word};
}

std::vector<year_rate> read_rates(const json& list) {
  auto rates = std::vector<year_rate>{};
  for (const auto& each : list)
    rates.push_back({each.at(0).get<std::int32_t>(), each.at(1).get<ppm>()});
  return rates;
}

compensation_rules read_compensation(const json& from) {
  auto rules = compensation_rules{};
  from.at("cola").get_to(rules.cola_rate);
  from.at("merit_by_level").get_to(rules.merit_by_level);
  auto level = std::size_t{0};
  for (auto& band : rules.hire_band_by_level) {
    const auto& range = from.at("hire_band_by_level").at(level++);
    range.at(0).get_to(band.low);
    range.at(1).get_to(band.high);
  }
  return rules;
}

promotion_rules read_promotion(const json& from) {
  auto rules = promotion_rules{};
  from.at("base_rate").get_to(rules.base_rate);
  from.at("level_dampener").get_to(rules.level_dampener);
  from.at("age_multipliers").get_to(rules.age_multipliers);
  from.at("tenure_multipliers").get_to(rules.tenure_multipliers);
  return rules;
}

enrollment_rules read_enrollment(const json& from) {
  auto rules = enrollment_rules{};
  rules.scope = read_word(keys::enrollment_scope_words, from.at("scope"));
  if (const auto& cutoff = from.at("hire_date_cutoff"); !cutoff.is_null())
    rules.hire_date_cutoff = parse_date(cutoff.get<std::string>()).value();
  from.at("rate_by_age_segment").get_to(rules.rate_by_age_segment);
  from.at("income_multipliers").get_to(rules.income_multipliers);
  from.at("deferral_by_age_segment").get_to(rules.deferral_by_age_segment);
  from.at("opt_out_rate_young").get_to(rules.opt_out_rate_young);
  from.at("opt_out_income_multipliers")
    .get_to(rules.opt_out_income_multipliers);
  return rules;
}

selection_rules read_selection(const json& from) {
  auto rules = selection_rules{};
  rules.method = read_word(keys::leaver_selection_words, from.at("method"));
  from.at("age_multipliers").get_to(rules.age_multipliers);
  from.at("tenure_multipliers").get_to(rules.tenure_multipliers);
  from.at("level_multipliers").get_to(rules.level_multipliers);
  return rules;
}

void read_options(const json& from, scenario& to) {
  const auto selection = from.find("selection");
  if (selection != from.end())
    to.workforce.selection = read_selection(*selection);
  to.workforce.level_quotas = from.value("level_quotas", false);
  if (const auto bands = from.find("bands"); bands != from.end()) {
    bands->at("age").get_to(to.bands.age);
    bands->at("tenure").get_to(to.bands.tenure);
  }
}

scenario read(const json& from) {
  auto result = scenario{};
  from.at("start_year").get_to(result.start_year);
  from.at("end_year").get_to(result.end_year);
  from.at("random_seed").get_to(result.seed);
  from.at("growth").get_to(result.growth_rate);
  result.growth_by_year = read_rates(from.at("growth_by_year"));
  result.workforce.method
    = read_word(keys::headcount_method_words, from.at("headcount_method"));
  from.at("termination").get_to(result.workforce.termination_rate);
  from.at("new_hire_termination")
    .get_to(result.workforce.new_hire_termination_rate);
  from.at("waiting_period_days").get_to(result.eligibility.waiting_period_days);
  from.at("minimum_age").get_to(result.eligibility.minimum_age);
  result.compensation = read_compensation(from.at("compensation"));
  result.cola_by_year = read_rates(from.at("cola_by_year"));
  result.promotion = read_promotion(from.at("promotion"));
  result.enrollment = read_enrollment(from.at("enrollment"));
  read_options(from, result);
  return result;
}

json to_json(const scenario& of) {
  return {{"start_year", of.start_year},
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
}

} // namespace

std::string canonical_text(const scenario& of) {
  auto text = to_json(of);
  add_options(text, of, false);
  return text.dump();
}

std::string complete_text(const scenario& of) {
  auto text = to_json(of);
  add_options(text, of, true);
  return text.dump();
}

std::uint64_t digest(const scenario& of) {
  const auto text = canonical_text(of);
  return XXH3_64bits(text.data(), text.size());
}

runtime::outcome<scenario> parse_canonical_text(std::string_view text) {
  try {
    return read(json::parse(text));
  } catch (const std::exception& error) {
    return runtime::fail(runtime::problem_kind::failed,
                         std::string{"not a canonical scenario: "}
                           + error.what());
  }
}

} // namespace troupe::simulation
