#pragma once

#include "runtime/process/process_request.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace troupe::runtime {

/// How a process ended, or why it never started.
using process_outcome = outcome<process_result>;

/// Whom a process is reported to. The functions are called on a thread of the
/// runner, one at a time: they must not block, throw or call the runner.
struct process_observer {
  /// Once, unless the handle was dropped before: how it ended, or why it never
  /// started.
  std::function<void(process_outcome)> on_end;
  /// A line that the process wrote to its side channel. Of several within a
  /// short time only the newest. If empty, there is no such channel.
  std::function<void(std::string)> on_line;
};

/// A process that was asked for. Dropping the handle kills the process and its
/// group; `on_end` is not called any more, unless it is being called already.
class running_process {
public:
  running_process() = default;
  running_process(const running_process&) = delete;
  running_process& operator=(const running_process&) = delete;
  virtual ~running_process() = default;

  /// Asks the process and its group to end (SIGTERM); kills what is left after
  /// `grace`, zero: at once. A later call may only shorten the time. The end is
  /// reported as any other. Does not block.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

/// Runs processes for callers that must not block. Thread-safe.
class process_runner {
public:
  process_runner() = default;
  process_runner(const process_runner&) = delete;
  process_runner& operator=(const process_runner&) = delete;
  virtual ~process_runner() = default;

  [[nodiscard]] virtual std::unique_ptr<running_process>
  run(process_request request, process_observer observer) = 0;
};

} // namespace troupe::runtime
