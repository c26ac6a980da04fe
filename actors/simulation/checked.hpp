#pragma once

#include "runtime/problem.hpp"

#include <vector>

namespace troupe::simulation {

/// A value, or every reason why there is none, by file and line.
template <class T>
using checked = tl::expected<T, std::vector<runtime::problem>>;

} // namespace troupe::simulation
