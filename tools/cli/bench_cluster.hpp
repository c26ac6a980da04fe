#pragma once

#include "actors/engine/engine_client.hpp"
#include "runtime/problem.hpp"
#include "tools/cli/bench_process.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::tools {

struct bench_cluster_options {
  std::string store; ///< An address of PostgreSQL.
  std::size_t workers = 2;
  std::size_t places = 10;
  /// Tasks of scorings and simulations at the same time, of each worker; 0: one
  /// per processor.
  std::size_t slots = 0;
  /// Starts the coordinator in this process, told by the file of that name;
  /// absent: in one of its own.
  std::function<runtime::outcome<void>(const std::string& file)> lead;
  std::string folder; ///< Made, and gone with what is in it at the end.
};

/// A coordinator and workers of this program, in processes of their own, linked
/// over TLS; gone with everything they made, the store excepted.
class bench_cluster {
public:
  /// Returns when all workers pull.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<bench_cluster>>
  start(bench_cluster_options options);

  ~bench_cluster();

  bench_cluster(const bench_cluster&) = delete;
  bench_cluster& operator=(const bench_cluster&) = delete;

  /// Of the coordinator.
  [[nodiscard]] engine::engine_client& client() noexcept {
    return *client_;
  }

  /// Waits until every run is over and stored.
  [[nodiscard]] runtime::outcome<void> drain();

  /// What the nodes have used of all processors so far: the coordinator, and
  /// the workers together.
  [[nodiscard]] double coordinator_cpu_seconds() const;
  [[nodiscard]] double worker_cpu_seconds() const;

  /// Proportional memory of the nodes.
  [[nodiscard]] double pss_mib() const;

  /// Resident memory of the node that has most.
  [[nodiscard]] double rss_mib_max() const;

private:
  explicit bench_cluster(bench_cluster_options options)
    : options_{std::move(options)} {}

  [[nodiscard]] runtime::outcome<void> make_certificates();
  [[nodiscard]] runtime::outcome<void> start_nodes();
  [[nodiscard]] runtime::outcome<void> await_workers();

  bench_cluster_options options_;
  std::vector<bench_process> nodes_; ///< The coordinator first, if it is one.
  std::unique_ptr<engine::engine_client> client_;
};

} // namespace troupe::tools
