#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace troupe::runtime {

/// Which exits of a child call for a restart.
enum class restart_kind {
  permanent, ///< Every exit.
  transient, ///< Only an exit with an error.
  temporary, ///< None.
};

/// Who else is restarted with a failed child.
enum class restart_strategy {
  one_for_one, ///< Nobody.
  one_for_all, ///< All children.
  rest_for_one, ///< All children that were started after it.
};

/// How a child ended.
enum class exit_kind {
  clean, ///< Done, or asked to stop.
  failed, ///< Crashed, was killed, or could not be started.
};

/// Whether a child that ended like this is started again.
[[nodiscard]] bool calls_for_restart(restart_kind kind,
                                     exit_kind exit) noexcept;

/// Positions [first, last) of children, in the order of their start.
struct child_range {
  std::size_t first = 0;
  std::size_t last = 0;

  friend bool operator==(const child_range&, const child_range&) = default;
};

/// Which of `count` children are stopped (from the last to the first) and
/// started again (from the first to the last) when the one at `failed` failed.
/// Requires failed < count.
[[nodiscard]] child_range affected_children(restart_strategy strategy,
                                            std::size_t failed,
                                            std::size_t count) noexcept;

struct restart_intensity_limits {
  /// Zero: the first failure is one too many.
  std::uint32_t restarts_max = 3;
  std::chrono::milliseconds period{10'000};
};

/// Counts restarts in a sliding window.
class restart_intensity {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit restart_intensity(restart_intensity_limits limits = {}) noexcept
    : limits_{limits} {}

  /// Records a restart at `now` and tells whether it is still within the limit.
  /// A restart leaves the window when it is `period` old.
  [[nodiscard]] bool try_restart(time_point now);

private:
  restart_intensity_limits limits_;
  std::deque<time_point> restarts_; // At most restarts_max.
};

struct restart_delay_limits {
  /// Before the first restart in a row; doubles with each further one.
  std::chrono::milliseconds initial{10};
  std::chrono::milliseconds max{5'000};
};

/// The delay before a restart: uniform in [0, min(max, initial * 2^attempt)]
/// ("full jitter": Brooker, Exponential Backoff and Jitter, 2015), a function
/// of its arguments only. `attempt` counts restarts in a row from 0; `stream`
/// tells siblings apart, so that they do not restart in step.
[[nodiscard]] std::chrono::microseconds
restart_delay(const restart_delay_limits& limits, std::uint32_t attempt,
              std::uint64_t seed, std::uint64_t stream) noexcept;

} // namespace troupe::runtime
