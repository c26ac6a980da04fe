#include "actors/engine/load_limits.hpp"

#include <cmath>

namespace troupe::engine {

namespace {

std::string describe(const char* what, double percent, unsigned most,
                     const char* option) {
  return std::string{what} + " is at " + std::to_string(std::lround(percent))
         + " %, the limit is " + std::to_string(most) + " % (" + option + ")";
}

} // namespace

std::optional<std::string> overload_reason(const load_limits& limits,
                                           const runtime::host_load& load) {
  if (limits.memory_percent_max != 0
      && load.memory_percent > limits.memory_percent_max)
    return describe("memory", load.memory_percent, limits.memory_percent_max,
                    "--memory-max");
  if (limits.cpu_percent_max != 0 && load.cpu_percent
      && *load.cpu_percent > limits.cpu_percent_max)
    return describe("cpu", *load.cpu_percent, limits.cpu_percent_max,
                    "--cpu-max");
  return std::nullopt;
}

} // namespace troupe::engine
