#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace troupe::tools {

struct bench_w3_options {
  std::size_t schedules = 1'000;
  std::size_t seconds = 20;
  std::size_t runs = 1;
  /// Folder of the stores; empty: the temporary one.
  std::string folder;
};

/// Workload W3: schedules that are all due at every whole second. Lateness is
/// from the due time to the start of the run's step; missed is what was due in
/// the window and has no run.
[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_w3(const bench_w3_options& options);

} // namespace troupe::tools
