#pragma once

#include "actors/simulation/year_measures.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// A measure as a person names it, and how its values are then written.
struct named_measure {
  const year_measure* measure = nullptr;
  /// Named without the unit ("end_payroll", "participation"): money is in whole
  /// units with at most two decimals, a share is 0.85. Else both are whole
  /// numbers of the unit in the name.
  bool is_plain = false;
};

/// `invalid_input` with the most similar name for one there is not.
[[nodiscard]] runtime::outcome<named_measure>
find_named_measure(std::string_view name);

/// A measure in one year, or in each of them.
struct measure_in_year {
  named_measure named;
  std::optional<std::int32_t> year;
};

/// Reads MEASURE or MEASURE[YEAR], spaces around them left out. Problems: those
/// of find_named_measure; `invalid_input` for what is no year.
[[nodiscard]] runtime::outcome<measure_in_year>
parse_measure_in_year(std::string_view text);

/// In cents, ppm or heads, spaces around it left out. `invalid_input` for what
/// is not a number, or has more decimals than the measure.
[[nodiscard]] runtime::outcome<std::int64_t>
parse_measure_value(const named_measure& of, std::string_view text);

/// The name without the unit: "end_payroll".
[[nodiscard]] std::string_view plain_name(const year_measure& measure);

/// The name without the unit, in words: "end payroll".
[[nodiscard]] std::string spoken_name(const year_measure& measure);

/// For a person: "10,300"; money in whole units, halves up, "1,234,568";
/// shares in tenths of a percent, "83.2 %".
[[nodiscard]] std::string render_measure(const year_measure& measure,
                                         std::int64_t value);

/// The same without rounding: "1,234,567.89", "83.2451 %", "65 %".
[[nodiscard]] std::string render_measure_exactly(const year_measure& measure,
                                                 std::int64_t value);

} // namespace troupe::simulation
