#pragma once

#include "tests/cluster/processes/process_cluster.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace troupe::tests {

/// Runs of keyed steps that a test has begun, and what must be true of them in
/// the end.
class cluster_load {
public:
  cluster_load(process_cluster& cluster, std::string name)
    : cluster_{cluster}, ledger_{cluster}, name_{std::move(name)} {}

  /// So many, each accepted by somebody.
  void add(int count);

  /// Asks each node once to accept the next run, if some time has passed since
  /// the last one and not too many are open. For loops that wait.
  void keep_up();

  /// Begins runs until the time has passed.
  void keep_up_for(std::chrono::milliseconds time);

  /// All that were accepted are completed; each step under one key and with one
  /// result; nobody but the holder of an epoch wrote in it; and `doctor` has
  /// nothing to object.
  void check() const;

  [[nodiscard]] std::size_t accepted() const noexcept {
    return runs_.size();
  }

  [[nodiscard]] std::size_t repeated() const {
    return ledger_.repeated();
  }

  [[nodiscard]] const effect_ledger& ledger() const noexcept {
    return ledger_;
  }

  /// Begins runs beside the test until `stop`: asks one node after the other,
  /// for as long as it takes. By a thread of its own, of which there may be
  /// several with different numbers.
  void stream(const std::stop_token& stop, int number);

private:
  static constexpr auto step_count = 2;

  [[nodiscard]] std::string next_key() const {
    return name_ + "-" + std::to_string(runs_.size());
  }

  /// Whoever says of itself that it leads; others would have the question wait
  /// for a leader they cannot reach.
  [[nodiscard]] std::string whom_to_ask() const;

  process_cluster& cluster_;
  effect_ledger ledger_;
  std::string name_;
  std::string text_
    = ledger_.workflow(step_count, std::chrono::milliseconds{100});
  std::mutex mutex_; ///< While streams add to the runs.
  std::vector<std::string> runs_;
  std::chrono::steady_clock::time_point last_{};
};

/// A cluster on a network that can be disturbed, whole again; one for all
/// tests. Its database writes down who takes the lease and who writes history,
/// in which epoch. Nothing, having said so, where there can be no such network.
[[nodiscard]] process_cluster* disturbable_cluster();

/// Epochs with two holders or writers, and writes of an epoch after those of a
/// later one. Empty: none.
[[nodiscard]] std::string audit(const process_cluster& cluster);

} // namespace troupe::tests
