#pragma once

#include "runtime/problem.hpp"

#include <exception>
#include <string>

namespace troupe::runtime {

/// What an exception means to whoever waits for the work it ended. For want of
/// memory (unavailable) the hint is `memory_hint`.
[[nodiscard]] problem describe_thrown(const std::exception_ptr& thrown,
                                      std::string memory_hint);

} // namespace troupe::runtime
