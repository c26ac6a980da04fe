#pragma once

#include "runtime/problem.hpp"

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

/// This program in another process, which ends with this object.
class bench_process {
public:
  bench_process() = default;

  /// What it logs is dropped.
  [[nodiscard]] static runtime::outcome<bench_process>
  start(std::vector<std::string> arguments);

  bench_process(bench_process&& other) noexcept
    : id_{std::exchange(other.id_, -1)} {}

  bench_process& operator=(bench_process&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }

  ~bench_process() {
    stop();
  }

  /// Asks it to end, and waits.
  void stop() noexcept;

  /// Ends it as a crash would.
  void kill() noexcept;

  /// What it has used of all processors so far.
  [[nodiscard]] double cpu_seconds() const;

  /// Its proportional memory.
  [[nodiscard]] double pss_mib() const;

  /// Its resident memory, with all that it shares.
  [[nodiscard]] double rss_mib() const;

private:
  explicit bench_process(pid_t id) noexcept : id_{id} {}

  void end(int signal) noexcept;

  pid_t id_ = -1;
};

/// The proportional memory of this process.
[[nodiscard]] double own_pss_mib();

} // namespace troupe::tools
