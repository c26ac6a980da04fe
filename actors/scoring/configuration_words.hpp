#pragma once

#include "actors/scoring/configuration.hpp"
#include "runtime/config/choice_words.hpp"

#include <array>

namespace troupe::scoring {

using runtime::from_word;
using runtime::spelling;
using runtime::to_word;

/// The spellings of each choice, in the order of its enumeration.
inline constexpr auto rule_set_words = std::to_array<spelling<rule_set>>(
  {{rule_set::standard, "standard"}, {rule_set::compat, "compat"}});

inline constexpr auto dotted_sources_words
  = std::to_array<spelling<dotted_sources>>(
    {{dotted_sources::resolved, "resolved"},
     {dotted_sources::shipped, "shipped"}});

inline constexpr auto normalisation_words
  = std::to_array<spelling<normalisation>>(
    {{normalisation::minmax, "minmax"},
     {normalisation::zscore, "zscore"},
     {normalisation::percentile, "percentile"},
     {normalisation::robust, "robust"},
     {normalisation::none, "none"}});

inline constexpr auto missing_policy_words
  = std::to_array<spelling<missing_policy>>(
    {{missing_policy::renormalise, "renormalise"},
     {missing_policy::zero, "zero"},
     {missing_policy::mean, "mean"},
     {missing_policy::error, "error"}});

inline constexpr auto function_shape_words
  = std::to_array<spelling<scoring_function::shape>>(
    {{scoring_function::shape::linear, "linear"},
     {scoring_function::shape::logarithmic, "logarithmic"},
     {scoring_function::shape::exponential, "exponential"},
     {scoring_function::shape::step, "step"},
     {scoring_function::shape::diminishing, "diminishing"}});

inline constexpr auto weighting_words
  = std::to_array<spelling<weighting::source>>(
    {{weighting::source::given, "given"},
     {weighting::source::pairwise, "pairwise"},
     {weighting::source::rank_order, "rank_order"},
     {weighting::source::swing, "swing"}});

inline constexpr auto integration_mode_words
  = std::to_array<spelling<integration_mode>>(
    {{integration_mode::balanced, "balanced"},
     {integration_mode::financial_only, "financial_only"},
     {integration_mode::criteria_only, "criteria_only"},
     {integration_mode::financial_priority, "financial_priority"},
     {integration_mode::strategic_priority, "strategic_priority"}});

} // namespace troupe::scoring
