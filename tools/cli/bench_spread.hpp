#pragma once

#include "tools/cli/bench_run.hpp"

#include <cstddef>
#include <string>

namespace troupe::tools {

/// W4's and W7's work over several processes of this machine, linked over TLS,
/// beside the same in one process with as many workers. Nothing is stored.
struct bench_spread_options {
  std::size_t nodes = 2; ///< That lend one processor each.
  /// Workers of the process that leads, beside these.
  std::size_t local_workers = 1;
  std::size_t items = 1'000'000; ///< Of W4, from CSV to CSV.
  std::size_t people = 1'000'000; ///< Of W7, over its years.
  std::string config; ///< The scenario of W7.
  std::string folder; ///< As of bench_cluster_options; made and removed.
};

/// Scores W4's table; fails unless the bytes are those of one process.
[[nodiscard]] runtime::outcome<bench_figures>
bench_spread_score(const bench_spread_options& options);

/// Simulates W7; fails unless every column of each year is the same.
[[nodiscard]] runtime::outcome<bench_figures>
bench_spread_simulate(const bench_spread_options& options);

} // namespace troupe::tools
