#pragma once

#include "actors/engine/open_blocks.hpp"
#include "actors/engine/queue_records.hpp"
#include "actors/engine/run_deadlines.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/run_submission.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/snapshot_reader.hpp"

#include <google/protobuf/arena.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::engine {

/// Where a run stands, as the store shows it.
struct recorded_run {
  run_number number = 0;
  std::string run_id;
  std::string workflow_id;
  std::uint64_t workflow_digest = 0;
  std::string status;
  bool is_over = false;
  std::string submitted_by;
  std::string parent_run;
  runtime::clock::wall_time submitted_at{};
  runtime::clock::wall_time updated_at{};
  std::string reason;
  std::string waiting_on; ///< Empty when it is over.
  std::string waiting_for;
  runtime::clock::wall_time next_check{}; ///< 1970: as soon as something is.
  /// Why the engine does not go on with it: its history is broken. Only told by
  /// `list` and `find`.
  std::string set_aside;
  runtime::clock::wall_time deadline_at{}; ///< 1970: it has none.
  std::string deadline; ///< What was said of it: empty, "near", "missed".
};

/// A workflow that was applied.
struct recorded_workflow {
  std::string id;
  std::uint64_t digest = 0;
  runtime::clock::wall_time applied_at{};
  std::string applied_by;
};

/// Which runs to list.
struct run_filter {
  std::optional<std::string> status;
  std::optional<std::string> workflow_id;
  std::optional<run_number> before; ///< Only those with a smaller number.
  std::optional<runtime::clock::wall_time> since; ///< Of the submission.
  std::size_t limit = 20;
};

/// Reads what engines have stored, also while one runs. Keeps the workflows it
/// has read. Not thread-safe.
class recorded_runs {
public:
  /// Errors as snapshot_reader::open.
  [[nodiscard]] static runtime::outcome<recorded_runs>
  open(const std::string& path, runtime::read_patience patience = {});

  /// From now on it sees the store as it is at this moment, until it goes. For
  /// those who compare: an engine may be at work meanwhile.
  [[nodiscard]] runtime::outcome<void> begin_snapshot() {
    return reader_.begin_snapshot();
  }

  /// False for a store in which no engine has ever run.
  [[nodiscard]] runtime::outcome<bool> has_any();

  /// Newest first.
  [[nodiscard]] runtime::outcome<std::vector<recorded_run>>
  list(const run_filter& filter);

  /// By its whole id, the beginning of one (8 characters or more), or its
  /// number; "latest" is the newest. `not_found`; `conflict` if several match.
  [[nodiscard]] runtime::outcome<recorded_run> find(std::string_view name);

  /// Every event, oldest first, with what is stored apart. `failed` if it
  /// cannot be decoded, or its contents are not what they were.
  [[nodiscard]] runtime::outcome<std::vector<messages::RunEvent>>
  history(run_number run);

  /// The version, read and checked. `failed` if it is not there.
  [[nodiscard]] runtime::outcome<pinned_workflow> version(std::uint64_t digest);

  /// Those that were applied, by id.
  [[nodiscard]] runtime::outcome<std::vector<recorded_workflow>> workflows();

  /// The newest version of a workflow. `not_found`.
  [[nodiscard]] runtime::outcome<pinned_workflow>
  newest(const std::string& workflow_id);

  /// What the history of a run makes of it.
  [[nodiscard]] runtime::outcome<std::unique_ptr<run_state>>
  fold(run_number run, std::uint64_t digest);

  using problem_handler
    = std::function<void(run_number, const runtime::problem&)>;

  /// Calls `handle` with each run that is not over, by number: as its snapshot
  /// and what happened since make it. A snapshot that cannot be read goes to
  /// `ignore`, with what is wrong, and the whole history counts. A run whose
  /// history is broken goes to `set_aside`, and hinders nobody.
  [[nodiscard]] runtime::outcome<void> for_each_open(
    const std::function<void(run_number, std::unique_ptr<run_state>)>& handle,
    const problem_handler& set_aside, const problem_handler& ignore);

  /// The run of an idempotency key, also of one that is gone; for stores that
  /// an engine of this version has opened.
  [[nodiscard]] runtime::outcome<std::optional<submitted_run>>
  find_key(const std::string& idempotency_key);

  [[nodiscard]] runtime::outcome<run_number> last_number();

  /// Runs that the engine does not go on with, and why.
  [[nodiscard]] runtime::outcome<std::map<run_number, std::string>> set_aside();

  /// What lets nothing new begin.
  [[nodiscard]] runtime::outcome<recorded_holds> holds();

  /// How deadlines stand.
  [[nodiscard]] runtime::outcome<deadline_figures> deadlines();

  /// Open runs that `for_each_open` does not find.
  [[nodiscard]] runtime::outcome<std::vector<run_number>> lost();

  /// Rows of the history that belong to no run.
  [[nodiscard]] runtime::outcome<std::int64_t> orphans();

  [[nodiscard]] runtime::outcome<std::uint64_t> last_epoch();

private:
  recorded_runs(runtime::snapshot_reader reader, bool has_deadlines);

  runtime::outcome<std::string> blob(const std::string& digest);
  runtime::outcome<void> apply_row(run_state& run,
                                   std::span<const std::uint8_t> bytes,
                                   google::protobuf::Arena& arena);

  runtime::outcome<std::vector<recorded_run>>
  select(const std::string& condition,
         const std::vector<runtime::sql_value>& parameters, std::size_t limit);
  runtime::outcome<void> mark_set_aside(std::vector<recorded_run>& runs);
  runtime::outcome<std::int64_t> number_from(const std::string& sql);
  using version_map
    = std::map<std::uint64_t, runtime::outcome<pinned_workflow>>;

  runtime::outcome<version_map> open_versions(const run_range& in);
  runtime::outcome<std::map<run_number, std::unique_ptr<run_state>>>
  open_snapshots(const run_range& in, const version_map& versions,
                 const problem_handler& ignore);
  runtime::outcome<void> for_each_open_in(
    const run_range& in,
    const std::function<void(run_number, std::unique_ptr<run_state>)>& handle,
    const problem_handler& set_aside, const problem_handler& ignore);

  runtime::snapshot_reader reader_;
  bool has_deadlines_; ///< Else the store is of an earlier version.
  std::unordered_map<std::uint64_t, pinned_workflow> versions_;
};

} // namespace troupe::engine
