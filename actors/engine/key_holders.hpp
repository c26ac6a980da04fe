#pragma once

#include "actors/engine/run_state.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <vector>

namespace troupe::engine {

/// Ids of the runs in the store at `path` that hold the concurrency key of
/// this one, oldest first; it is not among them. Empty if it has none.
[[nodiscard]] runtime::outcome<std::vector<std::string>>
find_key_holders(const std::string& path, const run_state& of);

} // namespace troupe::engine
