#pragma once

#include "actors/engine/engine_client.hpp"
#include "runtime/problem.hpp"
#include "tools/cli/bench_process.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace troupe::tools {

/// A server of this program over a new store, in a process of its own; gone
/// with everything it made at the end.
class bench_server {
public:
  /// In that folder; the temporary one if it is empty. Does so many jobs at the
  /// same time, and lets so many steps wait.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<bench_server>>
  start(const std::string& folder, std::size_t jobs,
        std::size_t pending = 1'000'000);

  ~bench_server();

  bench_server(const bench_server&) = delete;
  bench_server& operator=(const bench_server&) = delete;

  [[nodiscard]] engine::engine_client& client() noexcept {
    return *client_;
  }

  /// Kills it as a crash would, then starts another one over the same store;
  /// returns when that one answers.
  [[nodiscard]] runtime::outcome<void> crash_and_restart();

  [[nodiscard]] const std::string& store() const noexcept {
    return store_;
  }

  /// Waits until every run is over and stored.
  [[nodiscard]] runtime::outcome<void> drain();

  /// What the server has used of all processors so far.
  [[nodiscard]] double cpu_seconds() const {
    return process_.cpu_seconds();
  }

  /// Proportional memory of the server and of this process.
  [[nodiscard]] double pss_mib() const {
    return process_.pss_mib() + own_pss_mib();
  }

private:
  bench_server(std::string store, std::size_t jobs,
               std::size_t pending) noexcept;

  [[nodiscard]] runtime::outcome<void> spawn();

  bench_process process_;
  std::string store_;
  std::size_t jobs_;
  std::size_t pending_;
  std::unique_ptr<engine::engine_client> client_;
};

} // namespace troupe::tools
