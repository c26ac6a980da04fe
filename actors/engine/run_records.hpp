#pragma once

#include "actors/engine/run_ledger.hpp"
#include "actors/engine/run_submission.hpp"
#include "runtime/clock.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/store_writer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::engine {

/// Tables of the engine. engine_history is the truth: a row per decision, its
/// blob a RunEvents. engine_runs says where each run stands, engine_workflows
/// which version of a workflow is the newest, engine_workflow_versions holds
/// the text of each version that a run is pinned to.
[[nodiscard]] const runtime::migration_list& engine_schema();

/// Claims an epoch: refused (`conflict`) if somebody else has it.
[[nodiscard]] runtime::write_request claim_epoch(std::uint64_t epoch,
                                                 runtime::clock::wall_time now);

/// Stores decisions, in one transaction. Each number must be among the runs of
/// `ledger`.
[[nodiscard]] runtime::write_request
store_changes(const std::vector<run_change>& changes, const run_ledger& ledger);

/// The idempotency key of that run may be used again.
void free_key(messages::CommitTransaction& to, run_number number);

/// Adds the text of a version; nothing happens if it is there.
void add_version(messages::CommitTransaction& to, const pinned_workflow& of,
                 runtime::clock::wall_time now);

/// Makes a version the newest of its workflow.
void add_application(messages::CommitTransaction& to, const pinned_workflow& of,
                     const std::string& by, runtime::clock::wall_time now);

} // namespace troupe::engine
