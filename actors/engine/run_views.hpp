#pragma once

#include "actors/engine/run_submission.hpp"
#include "messages/store.pb.h"
#include "runtime/store/migrations.hpp"

namespace troupe::engine {

/// Views of the engine's tables for whoever reads a store with SQL, under the
/// names of its users: service_registry (a row per workflow that was applied),
/// workflow_management (one per run), orchestration_metrics (one). What nobody
/// measures is 0 there. Times are RFC 3339, UTC.
[[nodiscard]] const runtime::migration_list& view_schema();

/// Adds what the views show of a version beside its text; nothing happens if
/// it is there.
void add_version_parts(messages::CommitTransaction& to,
                       const pinned_workflow& of);

} // namespace troupe::engine
