#pragma once

#include "actors/engine/run_deadlines.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::engine {

/// What an examination of the stored runs found.
struct run_check_result {
  std::uint64_t runs = 0;
  std::uint64_t events = 0; ///< Of all runs.
  deadline_figures deadlines;
  /// Empty: all is well. At most 100.
  std::vector<runtime::problem> problems;
};

/// Examines what engines have left in the store at `path`, in use or not, and
/// changes nothing. Of every run: its workflow can be read; its history has no
/// gap and contains legal transitions only; the row that says where it stands
/// is what the history makes of it; it is over, or waits for exactly one thing;
/// if it completed, the validator agrees. Of the store: no history without a
/// run, no run of an epoch that no engine claimed. Reads all of it once.
[[nodiscard]] run_check_result check_runs(const std::string& path);

} // namespace troupe::engine
