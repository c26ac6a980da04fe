#include "actors/simulation/simulation_manner.hpp"

namespace troupe::simulation {

bool may_fare_better(const runtime::problem& reason,
                     const simulation_manner& manner) {
  using runtime::problem_kind;
  return !manner.fail_fast && manner.level != optimization::fallback
         && reason.key.empty() && reason.file.empty()
         && (reason.kind == problem_kind::failed
             || reason.kind == problem_kind::unavailable);
}

simulation_manner one_level_lower(simulation_manner manner) {
  manner.level
    = static_cast<optimization>(static_cast<std::uint8_t>(manner.level) + 1);
  return manner;
}

} // namespace troupe::simulation
