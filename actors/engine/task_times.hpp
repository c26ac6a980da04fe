#pragma once

#include "actors/engine/run_state.hpp"

#include <optional>
#include <string_view>

namespace troupe::engine {

/// The next instant at which time alone changes something about a task.
struct task_deadline {
  enum class what : std::uint8_t {
    ready_again, ///< A retry is due.
    timer, ///< What it waited for is time, and that is up.
    not_begun, ///< Its worker has not begun it in time.
    schedule_to_start,
    start_to_close,
    schedule_to_close,
    heartbeat,
  };

  instant at{};
  what expires = what::timer;
  std::uint64_t claim = 0; ///< Whose time it is, while somebody has the task.
};

[[nodiscard]] std::string_view to_string(task_deadline::what what) noexcept;

/// The call that a key is about: the step's, or its compensation's.
[[nodiscard]] const activity_call& call_of(const workflow& of,
                                           const task_key& key);

/// Whether a worker may have it: a retry that is due is ready by time alone.
[[nodiscard]] bool is_ready(const task_work& work, instant now) noexcept;

/// Of several the earliest, of those at one instant the one that ends more.
/// Nothing for work that is over, blocked, or bound to no time. A retry that is
/// due counts as ready. `backup` is the second claim of the task, if it has
/// one.
///
///   schedule_to_start   from ready to running, for each attempt
///   start_to_close      one attempt, from running to its end
///   schedule_to_close   from ready (first time) to the end of all attempts
///   heartbeat           from one sign of life to the next, while it runs
[[nodiscard]] std::optional<task_deadline>
deadline_of(const workflow& of, const task_key& key, const task_work& work,
            const task_backup* backup, instant now);

/// The same of a task of the run.
[[nodiscard]] std::optional<task_deadline>
deadline_of(const run_state& run, const task_key& key, instant now);

} // namespace troupe::engine
