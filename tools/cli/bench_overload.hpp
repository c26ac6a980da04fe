#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace troupe::tools {

/// More runs than a server can do: first as many as it can, then `factor` times
/// that, from several processes that do not wait for answers.
struct bench_overload_options {
  std::size_t runs = 3;
  std::size_t seconds = 5; ///< Of each of the two stretches.
  std::size_t factor = 10;
  std::size_t producers = 2;
  /// How long the program that a run starts takes; 0: the run does nothing.
  std::size_t work_ms = 20;
  std::size_t pending = 1'000; ///< Steps that may wait.
  std::string folder; ///< Of the stores; the temporary one when empty.
};

[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_overload(const bench_overload_options& options);

} // namespace troupe::tools
