#pragma once

#include "actors/engine/run_pruning.hpp"
#include "runtime/problem.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace troupe::engine {

/// Deletes runs of a store that no engine has open: all that may go by the
/// rule, or those that ended so long ago. Blocks. `unavailable` when another
/// process owns the store, `not_found` if there is none.
[[nodiscard]] runtime::outcome<pruned>
prune_store(const std::string& path, const run_retention& keep,
            std::optional<std::chrono::milliseconds> older_than);

} // namespace troupe::engine
