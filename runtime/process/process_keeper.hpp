#pragma once

#include "runtime/problem.hpp"
#include "runtime/file_descriptor.hpp"

#include <sys/types.h>

#include <cstddef>

namespace troupe::runtime {

/// A small process beside ours that kills the process groups it was told of as
/// soon as we are gone, however we ended: a process whose parent was killed
/// dies by PR_SET_PDEATHSIG, but what it started itself would live on.
class process_keeper {
public:
  /// Groups watched at the same time; more are not watched.
  static constexpr auto groups_max = std::size_t{4} << 10;

  /// From its return on, a signal to our process group does not reach the
  /// keeper.
  [[nodiscard]] static outcome<process_keeper> start();

  process_keeper(process_keeper&&) = default;
  process_keeper& operator=(process_keeper&&) = delete;
  process_keeper(const process_keeper&) = delete;
  process_keeper& operator=(const process_keeper&) = delete;

  /// Lets it kill whatever groups it still knows, and waits for its end.
  ~process_keeper();

  /// The keeper itself.
  [[nodiscard]] pid_t pid() const noexcept {
    return pid_;
  }

  /// From now on it watches this group ...
  void watch(pid_t group) noexcept;

  /// ... until now. Call before the leader is waited for, so that the number
  /// cannot belong to others yet.
  void forget(pid_t group) noexcept;

private:
  process_keeper(pid_t pid, file_descriptor orders) noexcept
    : pid_{pid}, orders_{std::move(orders)} {}

  void tell(pid_t order) noexcept;

  pid_t pid_;
  file_descriptor orders_;
};

} // namespace troupe::runtime
