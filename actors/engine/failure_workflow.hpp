#pragma once

#include "actors/engine/run_state.hpp"
#include "actors/engine/run_submission.hpp"

#include <functional>
#include <string>

namespace troupe::engine {

// What `on_failure: {workflow: ID}` means: a run that is started because
// another one failed. It is told, as far as it declares such inputs, `run`,
// `workflow`, `reason` (texts) and `failed_steps` (a list of ids).

/// `invalid_input` if the workflow names one to start on failure that is not
/// known, wants inputs that it would not get, or leads back to where it began.
/// `definition` is as run_ledger::sources::definition.
[[nodiscard]] runtime::outcome<void> check_failure_workflow(
  const workflow& of,
  const std::function<pinned_workflow(const std::string&)>& definition);

/// The inputs of the run that is started because `failed` did.
[[nodiscard]] nlohmann::json failure_inputs(const run_state& failed,
                                            const workflow& to_start);

} // namespace troupe::engine
