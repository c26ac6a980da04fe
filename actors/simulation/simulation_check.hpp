#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::simulation {

/// What an examination of the stored simulations found.
struct simulation_check_result {
  std::uint64_t runs = 0; ///< With the parts of others.
  std::uint64_t years = 0; ///< Of all runs.
  std::uint64_t rows = 0; ///< Of people at the end of a year.
  /// Empty: all is well. At most 100.
  std::vector<runtime::problem> problems;
};

/// Examines what simulations have left in the store at `path`, in use or not,
/// and changes nothing. Of every run: its scenario is the one of its digest;
/// its years follow each other, all of them if it is completed; each starts
/// with as many people and as much pay as the one before ended with. Where
/// people are stored: every block can be read, is in order and has the keys
/// that it is found by; people, payroll and events are as many as the totals
/// say; those who stay until the end of a year are those who start the next
/// one; the people of the start have ids. Of the store: nothing without a run.
/// Reads all of it once.
[[nodiscard]] simulation_check_result
check_simulations(const std::string& path);

} // namespace troupe::simulation
