#pragma once

#include "tools/cli/bench_run.hpp"

#include <cstddef>
#include <string>

namespace troupe::tools {

/// Workload W7: N people over the years of a scenario, events and year-end rows
/// as columns in memory.
struct bench_w7_options {
  /// A census; empty: `people` are generated.
  std::string census;
  /// The scenario, one per file.
  std::string config = "tests/golden/simulation/scenario.yaml";
  std::size_t people = 1'000'000;
  /// Year processors; 0: one per processor of the machine.
  std::size_t workers = 0;
  std::size_t runs = 5;
};

[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_w7(const bench_w7_options& options);

} // namespace troupe::tools
