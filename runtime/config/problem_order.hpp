#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <vector>

namespace troupe::runtime {

/// More problems of one file are counted, not told.
inline constexpr auto problems_told_max = std::size_t{100};

/// The problems of one file by line and column, those of one place in the order
/// given. Of more than `told_max`, that many and one that counts the rest.
[[nodiscard]] std::vector<problem> in_file_order(std::vector<problem> problems,
                                                 std::size_t told_max
                                                 = problems_told_max);

} // namespace troupe::runtime
