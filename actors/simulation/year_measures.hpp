#pragma once

#include "actors/simulation/year_totals.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace troupe::simulation {

enum class measure_unit : std::uint8_t { people, events, cents, ppm };

/// What the value of a measure follows from.
enum class measure_source : std::uint8_t {
  /// Equal for every seed.
  scenario,
  /// Equal for every seed in the first year of a projection.
  scenario_at_start,
  draws,
};

/// A figure of a year that runs are compared by.
struct year_measure {
  /// As the key of years.json, where it is one.
  std::string_view name;
  measure_unit unit = measure_unit::people;
  measure_source source = measure_source::draws;
  std::int64_t (*of)(const year_totals& totals) = nullptr;
};

/// All of them, in the order of years.json.
[[nodiscard]] std::span<const year_measure> year_measures() noexcept;

/// By name; null: there is none.
[[nodiscard]] const year_measure* find_measure(std::string_view name) noexcept;

/// Whether other draws can give another value.
[[nodiscard]] constexpr bool depends_on_draws(const year_measure& measure,
                                              bool is_first_year) noexcept {
  return measure.source == measure_source::draws
         || (measure.source == measure_source::scenario_at_start
             && !is_first_year);
}

} // namespace troupe::simulation
