#pragma once

#include "actors/engine/run_ledger.hpp"
#include "actors/engine/run_submission.hpp"
#include "messages/activity.pb.h"
#include "messages/engine.pb.h"
#include "messages/guards.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace troupe::engine {

// What the engine is asked, as its runs understand it, and what it says. Pure.

/// The request for a run of that version. `invalid_input` for inputs that are
/// not JSON, too deep, or not what the workflow declares.
[[nodiscard]] runtime::outcome<run_request>
to_request(const messages::SubmitRun& wanted, pinned_workflow of);

/// Applies a change to a run of the ledger. Errors are those of the run.
[[nodiscard]] runtime::outcome<void>
change_run(run_ledger& ledger, const messages::ChangeRun& wanted, instant now);

/// Ids of the steps that such a change tries again: the one that it names, or,
/// if it names none, all that have failed. Empty for other changes.
[[nodiscard]] std::vector<std::string>
steps_to_retry(const run_ledger& ledger, const messages::ChangeRun& wanted);

/// What a host says of itself.
[[nodiscard]] worker_profile to_profile(std::uint64_t worker,
                                        const messages::GetActivities& request);

/// What becomes of what a host says that it runs.
struct running_answer {
  messages::KeepActivities kept;
  std::vector<messages::CancelActivity> dropped;
};

/// A host begins to pull: what of that goes on there. Whatever else it was
/// given is lost. Nothing of the answer waits for anything to be stored.
[[nodiscard]] running_answer
take_running(run_ledger& ledger, std::uint64_t worker,
             const std::vector<messages::ActivityRef>& running);

/// Work as a host gets it.
[[nodiscard]] messages::RunActivity to_activity(const assignment& given,
                                                std::uint64_t epoch);

/// Its end; `run` tells how much time there is.
[[nodiscard]] messages::CancelActivity to_cancellation(const called_off& work,
                                                       std::uint64_t epoch,
                                                       const run_state* run,
                                                       instant now);

/// Takes in what a host reports. Refusals mean that the report came too late.
[[nodiscard]] runtime::outcome<void>
take_progress(run_ledger& ledger, const messages::ActivityProgress& report,
              instant now);

[[nodiscard]] runtime::outcome<void>
take_success(run_ledger& ledger, const messages::ActivitySucceeded& report);

[[nodiscard]] runtime::outcome<void>
take_failure(run_ledger& ledger, const messages::ActivityFailed& report);

[[nodiscard]] messages::GuardStates
to_message(const std::vector<desk_status>& guards);

[[nodiscard]] messages::RunProgress progress_of(const run_state& run);

[[nodiscard]] messages::RunResult result_of(const run_state& run);

} // namespace troupe::engine
