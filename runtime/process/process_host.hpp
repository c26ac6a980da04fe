#pragma once

#include "runtime/process/process_runner.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace troupe::runtime {

struct process_host_options {
  /// Processes at the same time, those included that wait to be started;
  /// beyond, `run` ends with `unavailable`.
  std::size_t processes_max = 1'024;
  /// How long a process that ended may leave its output to others.
  std::chrono::milliseconds linger{1'000};
};

/// Starts, watches, stops and reaps child processes, all on one thread of its
/// own, which must live as long as they do: when it ends, they are killed.
/// When our process ends, however it does, they are killed as well, with all
/// that they started in their process groups.
class process_host final : public process_runner {
public:
  /// `unavailable` when this kernel cannot watch processes.
  [[nodiscard]] static outcome<std::unique_ptr<process_host>>
  start(process_host_options options = {});

  /// Kills all processes and reaps them; those not yet told of end with
  /// `interrupted`.
  ~process_host() override;

  /// May be called, and the handle be dropped, on any thread; a handle may
  /// outlive the host.
  [[nodiscard]] std::unique_ptr<running_process>
  run(process_request request, process_observer observer) override;

private:
  class reactor;

  explicit process_host(std::unique_ptr<reactor> worker);

  std::unique_ptr<reactor> reactor_;
};

} // namespace troupe::runtime
