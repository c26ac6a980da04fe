#pragma once

#include "actors/simulation/people.hpp"

#include <cstdint>
#include <string>

namespace troupe::simulation {

/// Makes censuses to try things with, in the columns of our own: most people on
/// the lower levels, pay within the band of the level, 22 to 64 years old, half
/// of them hired in the last six years, three of five in the plan. A person
/// depends on the seed and the index only, never on how many there are.
class census_generator {
public:
  /// The census is of 31 December before `start_year`, 1900 to 9999.
  census_generator(std::uint64_t seed, std::int32_t start_year);

  /// The line that names the columns.
  [[nodiscard]] static std::string header();

  /// Appends person `index` (0-based), whose key is `index` + 1, as one line.
  void append(std::uint64_t index, std::string& text) const;

private:
  std::uint64_t seed_;
  day_number last_day_;
};

} // namespace troupe::simulation
