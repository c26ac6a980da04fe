#pragma once

#include "runtime/host_load.hpp"

#include <optional>
#include <string>

namespace troupe::engine {

/// How busy the machine may be before nothing new begins on it, in per cent; 0:
/// as busy as it may get.
struct load_limits {
  unsigned cpu_percent_max = 0;
  unsigned memory_percent_max = 0;

  [[nodiscard]] bool has_any() const noexcept {
    return cpu_percent_max != 0 || memory_percent_max != 0;
  }
};

/// Why nothing new may begin, in words; nothing: it may.
[[nodiscard]] std::optional<std::string>
overload_reason(const load_limits& limits, const runtime::host_load& load);

} // namespace troupe::engine
