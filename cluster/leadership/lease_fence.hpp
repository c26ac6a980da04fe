#pragma once

#include "cluster/leadership/lease_row.hpp"
#include "runtime/store/store_options.hpp"

#include <string>

namespace troupe::cluster {

/// For the store of a leader, in the same database and schema as the lease:
/// whatever it commits after somebody else was given the lease is refused as
/// `fenced`.
[[nodiscard]] runtime::write_fence fence_of(const std::string& lease,
                                            lease_epoch epoch);

} // namespace troupe::cluster
