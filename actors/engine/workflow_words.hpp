#pragma once

#include "actors/engine/workflow.hpp"
#include "runtime/config/choice_words.hpp"

#include <array>

namespace troupe::engine {

using runtime::spelling;

/// The spellings of each choice, in the order of its enumeration.
inline constexpr auto priority_words = std::to_array<spelling<priority_class>>(
  {{priority_class::critical, "critical"},
   {priority_class::high, "high"},
   {priority_class::normal, "normal"},
   {priority_class::low, "low"},
   {priority_class::maintenance, "maintenance"}});

inline constexpr auto input_type_words
  = std::to_array<spelling<input_type>>({{input_type::string, "string"},
                                         {input_type::integer, "integer"},
                                         {input_type::number, "number"},
                                         {input_type::boolean, "boolean"},
                                         {input_type::object, "object"},
                                         {input_type::array, "array"}});

inline constexpr auto conflict_policy_words
  = std::to_array<spelling<conflict_policy>>(
    {{conflict_policy::queue, "queue"},
     {conflict_policy::skip, "skip"},
     {conflict_policy::cancel_running, "cancel_running"},
     {conflict_policy::cancel_new, "cancel_new"}});

inline constexpr auto retry_jitter_words
  = std::to_array<spelling<retry_jitter>>({{retry_jitter::full, "full"},
                                           {retry_jitter::equal, "equal"},
                                           {retry_jitter::none, "none"}});

/// `start_workflow` is written as a mapping, hence not here.
inline constexpr auto failure_words
  = std::to_array<spelling<failure_policy::action>>(
    {{failure_policy::action::compensate, "compensate"},
     {failure_policy::action::keep, "keep"}});

} // namespace troupe::engine
