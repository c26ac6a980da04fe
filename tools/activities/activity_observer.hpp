#pragma once

#include "runtime/problem.hpp"

#include <functional>
#include <memory>
#include <string>

namespace troupe::tools {

/// Looks on from the process in which an activity happens. Calls come from any
/// thread.
template <class Result, class Progress>
struct activity_observer {
  /// The run that may read standard input, at its first attempt; empty: none.
  /// May block until that is known. Absent: none.
  std::function<std::string()> reader_of_standard_input;
  /// An attempt begins.
  std::function<void(const std::string& run_id,
                     std::shared_ptr<const Progress>)>
    on_start;
  /// An attempt has ended so; not called for one that was killed.
  std::function<void(const std::string& run_id, runtime::outcome<Result>)>
    on_end;
};

} // namespace troupe::tools
