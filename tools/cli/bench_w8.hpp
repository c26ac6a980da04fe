#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace troupe::tools {

/// Workload W8: runs of one step that does nothing, submitted in bulk, through
/// a coordinator and two workers of this machine: processes with links over
/// TLS, and a store in PostgreSQL. Then the scoring of W4 and the simulation of
/// W7 over such processes, beside one process.
struct bench_w8_options {
  /// An address of PostgreSQL that nobody else uses; empty: no runs in bulk.
  std::string store;
  /// How long the nodes are left alone before the first run; 0: not at all.
  std::size_t idle_seconds = 10;
  std::size_t jobs = 20'000;
  std::size_t nodes = 2; ///< That work, beside the coordinator.
  std::size_t places = 10; ///< Activities at the same time, of each worker.
  std::size_t items = 1'000'000; ///< To score; 0: none.
  std::size_t people = 1'000'000; ///< To simulate; 0: nobody.
  /// Workers of the node that leads, beside those of the others.
  std::size_t local_workers = 1;
  std::string config = "tests/golden/simulation/scenario.yaml";
  std::size_t runs = 3;
  /// Folder of what the nodes keep; the temporary one when empty.
  std::string folder;
};

[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_w8(const bench_w8_options& options);

} // namespace troupe::tools
