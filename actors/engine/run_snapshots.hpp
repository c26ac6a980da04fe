#pragma once

#include "actors/engine/run_blobs.hpp"
#include "actors/engine/run_ledger.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/store_writer.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace troupe::engine {

/// Its table, beside the engine's: one snapshot of each run that is open and
/// has a long history.
[[nodiscard]] const runtime::migration_list& snapshot_schema();

/// Adds to the transaction that stores these changes the snapshots that are
/// due, and takes away those of runs that are over.
void add_snapshots(messages::CommitTransaction& to,
                   const std::vector<run_change>& changes,
                   const run_ledger& ledger, blob_writer& blobs);

/// The run of a stored snapshot; `failed` if it is damaged or of another
/// version, or what is stored apart of it is.
[[nodiscard]] runtime::outcome<std::unique_ptr<run_state>>
read_snapshot(std::span<const std::uint8_t> stored,
              std::shared_ptr<const workflow> of, const blob_source& blobs);

} // namespace troupe::engine
