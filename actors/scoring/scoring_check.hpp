#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::scoring {

/// What an examination of the stored scorings found.
struct check_result {
  std::uint64_t runs = 0;
  std::uint64_t items = 0; ///< Of all runs.
  /// Empty: all is well. At most 100.
  std::vector<runtime::problem> problems;
};

/// Examines what scorings have left in the store at `path`, in use or not, and
/// changes nothing. Of every run: it has its items, with rows from 0 and ranks
/// from 1 without gaps and ids that are unique; its configuration is the one of
/// its digest; every item's numbers can be read and agree with its columns; the
/// contributions of up to 1,000 items, spread evenly, add up to their totals;
/// what it is answered by once more can be read.
/// Of the store: no items without a run. Reads all of it once.
[[nodiscard]] check_result check_scorings(const std::string& path);

} // namespace troupe::scoring
