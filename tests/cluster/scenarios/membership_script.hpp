#pragma once

#include "cluster/membership/membership.hpp"

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::tests {

/// One node's membership as a scenario file drives it (README.md). Times are
/// milliseconds.
class membership_script {
public:
  /// What the command makes the node do, a line each; throws
  /// std::runtime_error for what is no command.
  std::vector<std::string> perform(const std::string& command);

private:
  using time_point = cluster::membership::time_point;

  void start(std::istringstream& words);
  std::vector<std::string> tick(std::istringstream& words);
  std::vector<std::string> receive(std::istringstream& words);
  std::vector<std::string> receive_many(std::istringstream& words);
  std::vector<std::string> gossip(std::istringstream& words);
  std::vector<std::string> remove(std::istringstream& words);
  std::vector<std::string> set(std::istringstream& words);
  [[nodiscard]] std::vector<std::string> show(time_point now) const;
  std::vector<std::string> print(const cluster::membership_actions& actions,
                                 time_point now) const;

  cluster::membership_options options_;
  std::optional<cluster::membership> node_;
  bool shows_beats_ = false;
};

} // namespace troupe::tests
