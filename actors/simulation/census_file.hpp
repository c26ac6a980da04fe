#pragma once

#include "actors/simulation/census_mapping.hpp"
#include "actors/simulation/census_table.hpp"
#include "actors/simulation/checked.hpp"
#include "runtime/tabular/byte_source.hpp"

#include <cstdint>
#include <string>

namespace troupe::simulation {

enum class bad_row_policy : std::uint8_t {
  refuse,
  /// Left out, counted and warned about.
  drop,
};

struct census_options {
  census_mapping mapping;
  /// The census is of 31 December of this year: the one before the first year
  /// of the scenario.
  std::int32_t year = 0;
  bad_row_policy bad_rows = bad_row_policy::refuse;
  duplicate_policy duplicates = duplicate_policy::refuse;
};

/// Reads a census from a CSV file, "-" is standard input. Problems have file,
/// physical line and, as key, the name of the column; at most
/// problems_told_max of them. What is no CSV is refused by either policy.
[[nodiscard]] checked<census> read_census(const std::string& path,
                                          const census_options& options);

/// The same from bytes; `file` is for problems.
[[nodiscard]] checked<census> read_census(runtime::byte_source source,
                                          const std::string& file,
                                          const census_options& options);

} // namespace troupe::simulation
