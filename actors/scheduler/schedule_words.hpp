#pragma once

#include "actors/scheduler/schedule_definition.hpp"
#include "runtime/config/choice_words.hpp"

#include <array>
#include <cstdint>

namespace troupe::scheduler {

using runtime::spelling;

/// How often, where that is said by a word.
enum class frequency : std::uint8_t { hourly, daily, weekly, monthly };

/// The spellings of each choice, in the order of its enumeration.
inline constexpr auto frequency_words
  = std::to_array<spelling<frequency>>({{frequency::hourly, "hourly"},
                                        {frequency::daily, "daily"},
                                        {frequency::weekly, "weekly"},
                                        {frequency::monthly, "monthly"}});

inline constexpr auto overlap_words = std::to_array<spelling<overlap_policy>>(
  {{overlap_policy::skip, "skip"},
   {overlap_policy::buffer_one, "buffer_one"},
   {overlap_policy::buffer_all, "buffer_all"},
   {overlap_policy::cancel_other, "cancel_other"},
   {overlap_policy::allow_all, "allow_all"}});

inline constexpr auto dependency_words
  = std::to_array<spelling<dependency_policy>>(
    {{dependency_policy::run_anyway, "run_anyway"},
     {dependency_policy::skip, "skip"},
     {dependency_policy::wait, "wait"}});

inline constexpr auto exclusion_words
  = std::to_array<spelling<exclusion_policy>>(
    {{exclusion_policy::skip, "skip"}, {exclusion_policy::defer, "defer"}});

} // namespace troupe::scheduler
