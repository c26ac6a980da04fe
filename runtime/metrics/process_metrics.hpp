#pragma once

#include "runtime/metrics/metrics.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::runtime {

/// What a process uses of its machine.
struct process_figures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  double cpu_seconds = 0.0; ///< User and system together.
  std::uint64_t threads = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;
  double start_time_seconds = 0.0; ///< Since 1970, UTC.
};

/// Units of the kernel's figures.
struct kernel_units {
  double ticks_per_second = 100.0;
  std::uint64_t page_bytes = 4096;
};

/// Reads the text of /proc/PID/stat and of /proc/stat (proc(5)); the figures of
/// files stay 0. Nothing if either is not what it should be.
[[nodiscard]] std::optional<process_figures>
parse_process_figures(std::string_view process_stat,
                      std::string_view machine_stat, kernel_units units);

/// The figures of this process now. `unavailable` without a /proc.
[[nodiscard]] outcome<process_figures> read_process_figures();

/// Shows figures under the names that every Prometheus client uses
/// (process_resident_memory_bytes, ...). Not thread-safe.
class process_metrics {
public:
  /// `registry` must outlive this.
  explicit process_metrics(metrics_registry& registry);

  void update(const process_figures& figures);

private:
  gauge resident_bytes_;
  gauge virtual_bytes_;
  counter cpu_seconds_;
  gauge threads_;
  gauge open_files_;
  gauge open_files_max_;
  gauge start_time_seconds_;
};

} // namespace troupe::runtime
