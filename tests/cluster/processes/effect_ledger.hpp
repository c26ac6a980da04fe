#pragma once

#include "tests/cluster/processes/process_cluster.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace troupe::tests {

/// Steps that append their idempotency keys to a file.
class effect_ledger {
public:
  explicit effect_ledger(const process_cluster& of);

  /// A workflow of `steps` commands, one after the other, that take so long.
  [[nodiscard]] std::string workflow(int steps,
                                     std::chrono::milliseconds each = {}) const;

  /// Whether a step has begun as a child of that process.
  [[nodiscard]] bool has_begun_in(const program& node) const;

  /// How often each key was written.
  [[nodiscard]] std::map<std::string, int> effects() const;

  /// What was done more than once.
  [[nodiscard]] std::size_t repeated() const;

private:
  std::filesystem::path file_;
  std::filesystem::path begun_; ///< Whose children the commands were.
};

/// Where the only step of a ledger runs: the worker whose child it is.
[[nodiscard]] std::string worker_of(process_cluster& cluster,
                                    const effect_ledger& ledger);

} // namespace troupe::tests
