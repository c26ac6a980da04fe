#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::scoring {

/// Kinds of work items; `program_increment_objective` is spelled "PIO". The
/// numbers are those of `item_batch::types`, stable across versions.
enum class work_item_type : std::uint8_t {
  none = 0,
  epic = 1,
  program_increment_objective = 2,
  feature = 3,
  user_story = 4,
  task = 5,
  bug = 6,
};

/// The numbers are those of `item_batch::states`, stable across versions.
enum class work_item_state : std::uint8_t {
  none = 0,
  fresh = 1, ///< Spelled "New".
  active = 2,
  in_progress = 3,
  resolved = 4,
  closed = 5,
  cancelled = 6,
  deferred = 7,
  removed = 8,
};

/// "Epic", "PIO", "Feature", "User Story", "Task", "Bug" exactly.
[[nodiscard]] std::optional<work_item_type>
parse_work_item_type(std::string_view text) noexcept;

/// "New", "Active", "In Progress", "Resolved", "Closed", "Cancelled",
/// "Deferred", "Removed" exactly.
[[nodiscard]] std::optional<work_item_state>
parse_work_item_state(std::string_view text) noexcept;

/// The spelling above; "" for none.
[[nodiscard]] std::string_view to_string(work_item_type type) noexcept;
[[nodiscard]] std::string_view to_string(work_item_state state) noexcept;

/// All spellings, with commas between.
[[nodiscard]] std::string work_item_type_names();
[[nodiscard]] std::string work_item_state_names();

} // namespace troupe::scoring
