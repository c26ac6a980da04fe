#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_state.hpp"
#include "messages/guards.pb.h"
#include "messages/queue_call.pb.h"
#include "runtime/problem.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::engine {

/// One link of the chain that a run waits for.
struct waiting_link {
  std::string who; ///< "run 0193...", "step fetch".
  waiting_reason why;
  /// Of the key that it waits for: runs.
  std::vector<std::string> holders = {};
};

/// How the guards and the queue of the engine that owns a store are, and when
/// it said so; nothing: it does not run, or does not answer.
struct engine_then {
  std::optional<messages::GuardStates> states;
  instant at{};
  std::optional<messages::QueueReport> queue{};
};

/// Why the run does not end, and why each of its steps that is not over, with
/// the reasons of the children that it waits for and of the guards that steps
/// are behind. What is ready waits for the queue if that is paused, and for a
/// worker with its labels if there is none.
[[nodiscard]] runtime::outcome<std::vector<waiting_link>>
waiting_chain(recorded_runs& runs, const run_state& run,
              const engine_then& engine);

/// Says of a key that a run waits for who has it.
[[nodiscard]] runtime::outcome<void>
name_holders(std::vector<waiting_link>& chain, const run_state& run,
             const std::string& store);

} // namespace troupe::engine
