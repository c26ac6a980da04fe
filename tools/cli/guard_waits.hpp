#pragma once

#include "actors/engine/run_state.hpp"
#include "messages/guards.pb.h"
#include "runtime/clock.hpp"
#include "tools/cli/run_report.hpp"

#include <optional>
#include <vector>

namespace troupe::tools {

/// How the guards of the engine that owns a store are, and when it said so;
/// nothing: it does not run, or does not answer.
struct guards_then {
  std::optional<messages::GuardStates> states;
  engine::instant at{};
};

/// Says of steps that are ready behind a guard what they wait for there. The
/// chain is that of this run alone.
void name_guards(std::vector<waiting_link>& chain, const engine::run_state& run,
                 const guards_then& guards);

} // namespace troupe::tools
