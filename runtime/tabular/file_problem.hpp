#pragma once

#include "runtime/problem.hpp"

#include <string>

namespace troupe::runtime {

/// The problem behind an `errno` of the system, for a file or folder.
[[nodiscard]] problem file_problem(int error, std::string file);

} // namespace troupe::runtime
