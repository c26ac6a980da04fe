#pragma once

#include "tests/cluster/processes/effect_ledger.hpp"
#include "tests/cluster/processes/process_cluster.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// Runs of keyed steps, one after the other, and how long each step takes.
struct load_shape {
  int steps = 2;
  std::chrono::milliseconds each{100};
  /// Of the steps of every tenth run.
  std::chrono::milliseconds each_of_some{100};
};

/// What is wrong with the history of a run of so many steps, each of which has
/// to have succeeded exactly once. Empty: nothing.
[[nodiscard]] std::string wrong_steps(const process_cluster& cluster,
                                      const std::string& run,
                                      std::size_t steps);

/// Runs that a test has begun, and what must be true of them in the end.
class cluster_load {
public:
  cluster_load(process_cluster& cluster, std::string name,
               const load_shape& shape = {});

  /// So many, each accepted by somebody.
  void add(int count);

  /// Asks whoever leads to accept the next run, if some time has passed since
  /// the last one. For loops that wait.
  void keep_up();

  /// Begins runs until the time has passed.
  void keep_up_for(std::chrono::milliseconds time);

  /// All that were accepted are completed, and nothing else was; each step
  /// under one key and with one result; nobody but the holder of an epoch wrote
  /// in it; and `doctor` has nothing to object.
  void check();

  [[nodiscard]] std::size_t accepted() const noexcept {
    return runs_.size();
  }

  /// Effects of attempts whose completion did not count.
  [[nodiscard]] std::size_t repeated() const {
    return ledger_.repeated();
  }

private:
  [[nodiscard]] std::string next_key() const {
    return name_ + "-" + std::to_string(runs_.size());
  }

  [[nodiscard]] const std::string& next_text() const;

  /// Whoever says of itself that it leads; others would have the question wait
  /// for a leader they cannot reach.
  [[nodiscard]] std::string whom_to_ask() const;

  process_cluster& cluster_;
  effect_ledger ledger_;
  std::string name_;
  std::size_t steps_;
  std::string text_;
  std::string text_of_some_;
  std::vector<std::string> runs_;
  /// Whether the next key was given to somebody who has not answered.
  bool is_in_doubt_ = false;
  std::chrono::steady_clock::time_point last_{};
};

} // namespace troupe::tests
