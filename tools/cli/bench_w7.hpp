#pragma once

#include "actors/simulation/people.hpp"
#include "tools/cli/bench_run.hpp"

#include <cstddef>
#include <cstdint>
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

/// The generated census of so many, in the temporary folder; made once.
[[nodiscard]] runtime::outcome<std::string>
find_w7_census(std::size_t people, std::int32_t start_year);

/// Its people.
[[nodiscard]] runtime::outcome<simulation::people>
read_w7_staff(const std::string& path, std::int32_t start_year);

[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_w7(const bench_w7_options& options);

} // namespace troupe::tools
