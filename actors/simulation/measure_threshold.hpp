#pragma once

#include "actors/simulation/year_measures.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::simulation {

enum class comparison : std::uint8_t { above, at_least, below, at_most };

/// Something a measure may turn out to be.
struct measure_threshold {
  const year_measure* measure = nullptr;
  /// Absent: each year by itself.
  std::optional<std::int32_t> year;
  comparison how = comparison::above;
  /// In the unit of the measure.
  std::int64_t value = 0;
};

/// Reads MEASURE>VALUE, or MEASURE[YEAR]>VALUE with >=, < or <= as well, for
/// example "end_payroll[2029]>=1250000.50". Names and values as in
/// measure_text.hpp. `invalid_input` for anything else.
[[nodiscard]] runtime::outcome<measure_threshold>
parse_threshold(std::string_view text);

[[nodiscard]] bool holds(const measure_threshold& threshold,
                         std::int64_t value) noexcept;

/// "end payroll > 1,250,000.50", without the year.
[[nodiscard]] std::string render(const measure_threshold& threshold);

/// ">", ">=", "<" or "<=".
[[nodiscard]] std::string_view symbol(comparison how) noexcept;

} // namespace troupe::simulation
