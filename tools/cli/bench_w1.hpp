#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace troupe::tools {

/// Workload W1: runs of one step that does nothing, from this process to a
/// server of its own with ten workers.
struct bench_w1_options {
  std::size_t jobs = 20'000;
  std::size_t outstanding = 100;
  std::size_t runs = 3;
  /// How long the open loop at 200 jobs a second goes.
  std::size_t latency_seconds = 20;
  /// Folder of the stores; the temporary one when empty.
  std::string folder;
};

[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_w1(const bench_w1_options& options);

/// Workload W2: one run of 1,000 steps in ten layers, each of which needs all
/// of the layer before.
struct bench_w2_options {
  std::size_t runs = 5;
  std::string folder;
};

[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_w2(const bench_w2_options& options);

} // namespace troupe::tools
