#include "tests/simulation/engine_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

// What stands between the simulated steps and what they do.

namespace troupe::tests {

using namespace engine;
using namespace std::chrono_literals;

runtime::guard_file engine_simulation::some_guards() {
  auto guards = runtime::guard_file{};
  guards["few"].bulkhead.emplace().concurrent_max = 2;
  guards["few"].budget = {10, 1, 2};
  auto& slow = guards["slow"];
  slow.rate = runtime::rate_limit_options{2, 1s, 2};
  slow.quota.emplace();
  slow.quota->limit = 10;
  slow.quota->window = runtime::quota_window::minute;
  auto& fragile = guards["fragile"];
  fragile.bulkhead.emplace().concurrent_max = 1;
  fragile.breaker.emplace();
  fragile.breaker->mode = runtime::breaker_mode::consecutive;
  fragile.breaker->failures_max = 2;
  fragile.breaker->trial_timeout = 2s;
  return guards;
}

/// No guard lets in more than it may, whoever crashes. What goes on from before
/// was let in then, some of it in the place of what had ended unstored.
void engine_simulation::check_guards() {
  static_cast<void>(ledger_->take_guard_events());
  for (const auto& each : ledger_->guards()) {
    auto& adopted = adopted_[each.guard];
    adopted = std::min(adopted, each.inside.running);
    if (each.concurrent_max
        && each.inside.running
             > std::max<std::size_t>(*each.concurrent_max, adopted))
      object("guard " + each.guard + " lets in more than it has slots");
    if (each.quota_limit && each.inside.quota_used > *each.quota_limit)
      object("guard " + each.guard + " lets in more than its quota");
    waits_[each.guard] += each.closed && each.waiting != 0 ? 1 : 0;
  }
}

void engine_simulation::store_guards() {
  for (auto& each : std::exchange(in_flight_guards_, {}))
    guard_store_[each.guard] = each.record;
}

} // namespace troupe::tests
