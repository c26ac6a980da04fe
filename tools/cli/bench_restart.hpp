#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace troupe::tools {

struct bench_restart_options {
  /// Runs that wait for their turn when the server is killed.
  std::size_t pending = 100'000;
  std::size_t runs = 3;
  /// Folder of the stores; empty: the temporary one.
  std::string folder;
};

/// How long a server that was killed takes until another one answers, with all
/// its runs: process start, store, histories, queue.
[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_restart(const bench_restart_options& options);

} // namespace troupe::tools
