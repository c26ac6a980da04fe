#pragma once

#include "actors/scoring/configuration.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::scoring {

/// How a choice is spelt in files and on the command line.
template <class Choice>
struct spelling {
  Choice value;
  std::string_view text;
};

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

/// The text of a choice; empty for a value outside the enumeration.
template <class Choice, std::size_t Size>
[[nodiscard]] constexpr std::string_view
to_word(const std::array<spelling<Choice>, Size>& words, Choice value) {
  for (const auto& word : words)
    if (word.value == value)
      return word.text;
  return {};
}

/// The choice a text means, if any. Case matters.
template <class Choice, std::size_t Size>
[[nodiscard]] constexpr std::optional<Choice>
from_word(const std::array<spelling<Choice>, Size>& words,
          std::string_view text) {
  for (const auto& word : words)
    if (word.text == text)
      return word.value;
  return std::nullopt;
}

} // namespace troupe::scoring
