#pragma once

#include "tests/cluster/processes/process_cluster.hpp"

#include <string>

namespace troupe::tests {

/// Has the database write down who takes the lease and from which host somebody
/// writes history, in which epoch; once, when the cluster has made its tables.
void begin_audit(const process_cluster& cluster);

/// Epochs with two holders, or with writers on two hosts, and writes of an
/// epoch after those of a later one. Empty: none.
[[nodiscard]] std::string audit(const process_cluster& cluster);

} // namespace troupe::tests
