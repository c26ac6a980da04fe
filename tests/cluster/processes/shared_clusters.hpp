#pragma once

#include "tests/cluster/processes/process_cluster.hpp"

namespace troupe::tests {

/// One for all tests of the program, whole again, and audited.
[[nodiscard]] process_cluster& whole_cluster();

/// The same on a network that can be disturbed. Nothing, having said so, where
/// there can be no such network.
[[nodiscard]] process_cluster* disturbable_cluster();

} // namespace troupe::tests
