#pragma once

#include "actors/simulation/event_columns.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/year_row_columns.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Somebody of the census, at the start of a run.
struct person_at_start {
  day_number birth_date = 0;
  day_number hire_date = 0;
  cents pay = 0;
  std::int32_t deferral = 0;
  std::uint8_t level = 0;
  enrollment plan = enrollment::none;
};

struct person_year {
  std::int32_t year = 0;
  year_row row; ///< On 31 December.
  std::vector<event> events; ///< In the order of the rules.
};

/// What a run made of a person.
struct person_timeline {
  stored_simulation run;
  std::uint64_t key = 0;
  std::string id;
  /// Absent: hired later.
  std::optional<person_at_start> start;
  /// The years that the person was there.
  std::vector<person_year> years;
};

/// Follows a person, by id (of the census, or NH_2025_000001) or else by key,
/// through a run, which is named as for `find_run`. `not_found`: nobody has it;
/// the hint is the most similar id, or which hires there are.
[[nodiscard]] runtime::outcome<person_timeline>
trace_person(simulation_history& history, std::string_view run,
             std::string_view person);

} // namespace troupe::simulation
