#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::runtime {

/// Processor time since the machine started, in its own units.
struct cpu_times {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};

/// How much of the machine is in use, by everybody on it.
struct host_load {
  /// Since the reading before; absent at the first one.
  std::optional<double> cpu_percent;
  double memory_percent = 0;
};

/// Of the text of /proc/stat; nothing if it says nothing of the kind.
[[nodiscard]] std::optional<cpu_times> parse_cpu_times(std::string_view text);

/// Memory that is not available, in per cent, of the text of /proc/meminfo;
/// nothing if it says nothing of the kind.
[[nodiscard]] std::optional<double> parse_memory_percent(std::string_view text);

/// Absent if no time has passed.
[[nodiscard]] std::optional<double> cpu_percent(const cpu_times& before,
                                                const cpu_times& after);

/// Reads how busy this machine is, from /proc. Not thread-safe.
class host_load_reader {
public:
  /// `folder` is where that is.
  explicit host_load_reader(std::string folder = "/proc")
    : folder_{std::move(folder)} {}

  /// `unavailable` if there is nothing of the kind.
  [[nodiscard]] outcome<host_load> read();

private:
  std::string folder_;
  std::optional<cpu_times> before_;
};

} // namespace troupe::runtime
