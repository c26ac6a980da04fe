#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::engine {

/// Where a run stands.
///
///   pending -> queued -> running <-> waiting      (paused: from and to each)
///                           |-> completed
///                           |-> failed | cancelled
///                           |-> compensating -> compensated | failed |
///                           cancelled
///
/// A failed run goes on when somebody asks for a step to be retried.
enum class run_status : std::uint8_t {
  pending, ///< Accepted, not looked at yet.
  queued, ///< Its concurrency key has no room.
  running,
  waiting, ///< For nothing but time, signals or other runs.
  paused,
  compensating,
  compensated,
  completed,
  failed,
  cancelled,
};

/// Where a piece of work stands: a task, or the compensation of one.
///
///   blocked -> ready -> claimed -> running -> succeeded | failed
///                |-> waiting -> succeeded | failed
///   failed -> backing_off -> claimed
///
/// Whatever is not over can be cancelled; what failed, by hand, is ready again.
enum class work_status : std::uint8_t {
  blocked,
  ready, ///< Any worker that can do it may have it.
  claimed, ///< Bound to a worker that has not begun.
  running,
  backing_off, ///< Ready again at a known time.
  waiting, ///< For time, a signal, an approval or another run.
  succeeded,
  failed,
  cancelled,
};

/// Where a step stands, all of its tasks together.
enum class step_status : std::uint8_t {
  blocked,
  ready,
  claimed,
  running,
  backing_off,
  waiting,
  succeeded,
  failed,
  skipped,
  cancelled,
  compensating,
  compensated,
  compensation_failed,
};

[[nodiscard]] std::string_view to_string(run_status status) noexcept;
[[nodiscard]] std::string_view to_string(work_status status) noexcept;
[[nodiscard]] std::string_view to_string(step_status status) noexcept;

[[nodiscard]] std::optional<run_status>
parse_run_status(std::string_view text) noexcept;

/// Nothing happens to it any more, unless a person wants it to.
[[nodiscard]] bool is_over(run_status status) noexcept;
[[nodiscard]] bool is_over(work_status status) noexcept;

/// It is with a worker.
[[nodiscard]] bool is_held(work_status status) noexcept;

/// The tables of legal transitions; staying is none.
[[nodiscard]] bool may_become(run_status from, run_status to) noexcept;
[[nodiscard]] bool may_become(work_status from, work_status to) noexcept;

} // namespace troupe::engine
