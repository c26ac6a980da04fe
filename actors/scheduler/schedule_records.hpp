#pragma once

#include "actors/scheduler/schedule_book.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/store_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scheduler {

/// Tables of this subsystem: `schedules`, a row each, `schedule_history`, what
/// happened to them, and `schedule_snapshots`, two of each: what is older goes.
[[nodiscard]] const runtime::migration_list& scheduler_schema();

/// The changes as statements of one transaction; `book` is as they left it.
[[nodiscard]] runtime::write_request
store_changes(const std::vector<schedule_change>& changes,
              const schedule_book& book, std::uint64_t epoch);

/// A schedule as the store knows it.
struct recorded_schedule {
  std::string id;
  schedule_text text;
  std::string workflow;
  bool is_paused = false;
  std::string pause_reason;
  std::string waiting_on;
  instant next_check{}; ///< The start of time: only when something happens.
  std::int64_t active = 0; ///< Starts whose runs have not ended.
  std::int64_t held = 0;
  std::int64_t fired = 0;
  std::int64_t skipped = 0;
  std::int64_t missed = 0;
  std::int64_t failures_in_row = 0;
  instant decided_until{}; ///< Every due time up to it has a fate.
};

/// A schedule as its last snapshot and what happened since make it.
struct folded_schedule {
  schedule_state state;
  std::uint64_t snapshot = 0; ///< Sequence of it; 0: none was used.
  std::uint64_t events = 0; ///< Read behind it.
  /// Snapshots that are newer and could not be used.
  std::size_t broken = 0;
};

/// Reads the schedules of a store, also while somebody writes to it.
class recorded_schedules {
public:
  [[nodiscard]] static runtime::outcome<recorded_schedules>
  open(const std::string& path);

  /// Whether the store has the tables.
  [[nodiscard]] runtime::outcome<bool> has_any();

  /// By id.
  [[nodiscard]] runtime::outcome<std::vector<recorded_schedule>> list();

  /// `not_found` if there is none.
  [[nodiscard]] runtime::outcome<recorded_schedule> find(const std::string& id);

  /// What happened to it behind that event, oldest first. What is older than
  /// the last snapshot but one is not kept.
  [[nodiscard]] runtime::outcome<std::vector<messages::ScheduleEvent>>
  history(const std::string& id, std::uint64_t behind = 0);

  /// Where it stands, from the newest snapshot that can be read.
  [[nodiscard]] runtime::outcome<folded_schedule> fold(const std::string& id);

  [[nodiscard]] runtime::outcome<std::uint64_t> last_epoch();

private:
  explicit recorded_schedules(runtime::snapshot_reader reader);

  runtime::outcome<std::vector<recorded_schedule>>
  select(const std::string& condition,
         const std::vector<runtime::sql_value>& parameters);
  runtime::outcome<std::vector<std::optional<schedule_state>>>
  snapshots(const std::string& id);

  runtime::snapshot_reader reader_;
};

[[nodiscard]] std::string_view to_string(schedule_waiting::reason on) noexcept;

} // namespace troupe::scheduler
