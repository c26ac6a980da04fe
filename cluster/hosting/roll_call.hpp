#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace troupe::cluster {

/// Whether all nodes that may run something for an earlier leader have said
/// what that is.
class roll_call {
public:
  /// All that belong to the cluster, live, and run activities; the last word
  /// counts.
  void expect(std::set<std::string> nodes) {
    expected_ = std::move(nodes);
  }

  /// Its names are with the engine. Once is enough.
  void hear(const std::string& node) {
    heard_.insert(node);
  }

  /// True once: when all have spoken, as far as it is known who they are.
  [[nodiscard]] bool try_end() {
    if (has_ended_ || !expected_ || !std::ranges::includes(heard_, *expected_))
      return false;
    has_ended_ = true;
    return true;
  }

private:
  std::optional<std::set<std::string>> expected_;
  std::set<std::string> heard_;
  bool has_ended_ = false;
};

} // namespace troupe::cluster
