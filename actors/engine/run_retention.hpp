#pragma once

#include "actors/engine/run_ledger.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/store_writer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::engine {

/// How long runs that are over are kept, and how many; beyond either they go.
struct run_retention {
  /// Completed, cancelled and compensated ones.
  std::chrono::milliseconds keep_for{std::chrono::hours{24 * 30}};
  std::int64_t keep_max = 100'000;
  /// Failed ones, also those that could not be undone.
  std::chrono::milliseconds keep_failed_for{std::chrono::hours{24 * 90}};
  std::int64_t keep_failed_max = 100'000;
  /// How long after its run's end an idempotency key still means that run; it
  /// never goes before its run.
  std::chrono::milliseconds keep_keys_for{std::chrono::hours{24 * 7}};
};

/// Its tables, beside the engine's: keys of runs that are gone, and runs whose
/// histories are still being deleted.
[[nodiscard]] const runtime::migration_list& retention_schema();

/// A run that may go.
struct surplus_run {
  run_number number = 0;
  std::string run_id;
  std::string workflow_id;
  std::string status;
  instant ended_at{};
};

/// How many there are.
struct retention_figures {
  std::int64_t open = 0;
  std::int64_t ended = 0; ///< Completed, cancelled, compensated.
  std::int64_t failed = 0;
  std::int64_t surplus = 0; ///< Of `ended` and `failed`: those that may go.
  std::int64_t being_deleted = 0; ///< Gone, but for their histories.
  std::int64_t kept_keys = 0; ///< Of runs that are gone.
};

/// What one transaction deletes at most.
struct pruning_bounds {
  std::size_t runs_max = 500;
  std::int64_t rows_max = 5'000;
  std::int64_t blobs_max = 100;
};

/// Deletes these runs unless they went on since they were read, and what
/// belongs to runs deleted before: rows of histories and keys whose time is
/// over, a bounded number. The transaction's changes are those of `pruned`.
[[nodiscard]] runtime::write_request
prune_request(const std::vector<surplus_run>& runs, const run_retention& keep,
              const pruning_bounds& bounds, instant now);

struct pruned {
  std::uint64_t runs = 0;
  std::uint64_t rows = 0; ///< Of their histories.
};

/// What such a transaction has done.
[[nodiscard]] pruned read_pruned(const messages::TransactionCommitted& done);

/// Reads what may go, also while an engine runs. Not thread-safe.
class retained_runs {
public:
  /// Errors as snapshot_reader::open; `not_found` if no engine of this version
  /// ever ran there.
  [[nodiscard]] static runtime::outcome<retained_runs>
  open(const std::string& path);

  /// Oldest first. Never the newest run, whose number is not to come again, nor
  /// one whose parent is there.
  [[nodiscard]] runtime::outcome<std::vector<surplus_run>>
  surplus(const run_retention& keep, instant now, std::size_t limit);

  [[nodiscard]] runtime::outcome<retention_figures>
  figures(const run_retention& keep, instant now);

  /// Whether histories without runs, or keys whose time is over, are left.
  [[nodiscard]] runtime::outcome<bool> has_leftovers(instant now);

  /// Whether histories without runs are left.
  [[nodiscard]] runtime::outcome<bool> has_unfinished();

private:
  explicit retained_runs(runtime::snapshot_reader reader)
    : reader_{std::move(reader)} {}

  runtime::outcome<std::vector<runtime::sql_value>>
  limits(const run_retention& keep, instant now);
  runtime::outcome<std::int64_t>
  number_from(const std::string& sql,
              const std::vector<runtime::sql_value>& parameters);

  runtime::snapshot_reader reader_;
};

} // namespace troupe::engine
