#pragma once

#include "actors/simulation/scenario.hpp"

#include <array>
#include <string_view>
#include <utility>

/// Every key of a scenario file, by the mapping it stands in, and its words.
/// The schema tools/schema/simulation-scenario.schema.json has the same.
namespace troupe::simulation::keys {

inline constexpr auto document = std::to_array<std::string_view>(
  {"name", "description", "base", "scenarios", "simulation", "start_year",
   "end_year", "random_seed", "target_growth_rate", "growth_by_year",
   "workforce", "eligibility", "compensation", "promotion", "enrollment",
   "bands"});

/// What a scenario of a list and an override may say.
inline constexpr auto overrides = std::to_array<std::string_view>(
  {"description", "simulation", "start_year", "end_year", "random_seed",
   "target_growth_rate", "growth_by_year", "workforce", "eligibility",
   "compensation", "promotion", "enrollment", "bands"});

/// May stand at the top level instead, but not at both places.
inline constexpr auto simulation
  = std::to_array<std::string_view>({"start_year", "end_year", "random_seed",
                                     "target_growth_rate", "growth_by_year"});

inline constexpr auto workforce = std::to_array<std::string_view>(
  {"headcount_method", "total_termination_rate", "new_hire_termination_rate",
   "selection", "level_quotas"});

inline constexpr auto selection = std::to_array<std::string_view>(
  {"method", "age_multipliers", "tenure_multipliers", "level_multipliers"});

inline constexpr auto eligibility
  = std::to_array<std::string_view>({"waiting_period_days", "minimum_age"});

inline constexpr auto compensation = std::to_array<std::string_view>(
  {"cola_rate", "cola_by_year", "merit_by_level", "hire_band_by_level"});

inline constexpr auto promotion
  = std::to_array<std::string_view>({"base_rate", "level_dampener_factor",
                                     "age_multipliers", "tenure_multipliers"});

inline constexpr auto enrollment = std::to_array<std::string_view>(
  {"auto_enrollment", "rate_by_age_segment", "income_multipliers",
   "deferral_by_age_segment", "opt_out_rate_young",
   "opt_out_income_multipliers"});

inline constexpr auto auto_enrollment
  = std::to_array<std::string_view>({"hire_date_cutoff", "scope"});

inline constexpr auto bands
  = std::to_array<std::string_view>({"age", "tenure"});

inline constexpr auto headcount_method_words
  = std::to_array<std::pair<std::string_view, headcount_method>>(
    {{"ceil", headcount_method::ceil},
     {"exact_target", headcount_method::exact_target}});

inline constexpr auto leaver_selection_words
  = std::to_array<std::pair<std::string_view, leaver_selection>>(
    {{"uniform", leaver_selection::uniform},
     {"hazard_weighted", leaver_selection::hazard_weighted}});

inline constexpr auto enrollment_scope_words
  = std::to_array<std::pair<std::string_view, enrollment_scope>>(
    {{"all_eligible_employees", enrollment_scope::all_eligible_employees},
     {"new_hires_only", enrollment_scope::new_hires_only}});

} // namespace troupe::simulation::keys
