#pragma once

#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::cluster {

/// What is in a folder of certificates.
struct examined_certificates {
  /// The nodes whose files are good, by name, and when their certificates end.
  std::vector<std::pair<std::string, runtime::instant>> nodes;
  /// What is wrong with the others, and what ends within 30 days.
  std::vector<runtime::problem> problems;
};

/// Examines the files of all nodes that have a certificate in the folder, as
/// they would be at their start. `not_found` when there is no such folder, or
/// none in it.
[[nodiscard]] runtime::outcome<examined_certificates>
examine_certificates(const std::string& folder, runtime::instant now);

} // namespace troupe::cluster
