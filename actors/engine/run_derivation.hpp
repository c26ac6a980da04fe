#pragma once

#include "actors/engine/run_state.hpp"
#include "messages/engine.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::engine {

/// A run that is to go on from another one.
struct derived_run_request {
  std::string run_id; ///< Of the other one.
  /// This step, and what depends on it, is done anew; absent: whatever was not
  /// done at `at`.
  std::optional<step_index> from_step;
  /// The other run when that event had happened; null: as it is now. Must
  /// outlive the call.
  const run_state* at = nullptr;
  /// If the other run is not over, it is terminated.
  bool cancels = false;
  std::string idempotency_key;
  std::string by;
};

/// What the new run need not do.
struct derivation_plan {
  messages::RunTookOver taken;
  /// Signals that nobody had taken; only for a reset.
  std::vector<received_signal> signals;
  /// Something is among it that the new run has to undo if it fails.
  bool has_effects = false;
};

/// What a run takes over from `now`, as it was at `at`: tasks that succeeded
/// and steps that were skipped, without `from_step` and what depends on it.
/// What a completed run did stays its own. `conflict` for what was undone, or
/// may be, and for what another run answers for already.
[[nodiscard]] runtime::outcome<derivation_plan>
plan_derivation(const run_state& at, const run_state& now,
                std::optional<step_index> from_step);

/// The run when its event of that number had happened. `invalid_input` if there
/// is no such event, `failed` if the history is broken.
[[nodiscard]] runtime::outcome<std::unique_ptr<run_state>>
fold_until(std::shared_ptr<const workflow> of,
           const std::vector<messages::RunEvent>& history, std::uint64_t event);

} // namespace troupe::engine
