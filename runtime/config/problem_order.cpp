#include "runtime/config/problem_order.hpp"

#include <algorithm>
#include <string>
#include <tuple>

namespace troupe::runtime {

std::vector<problem> in_file_order(std::vector<problem> problems,
                                   std::size_t told_max) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const problem& left, const problem& right) {
                     return std::tie(left.line, left.column)
                            < std::tie(right.line, right.column);
                   });
  const auto count = problems.size();
  if (count <= told_max)
    return problems;
  problems.resize(told_max + 1);
  auto& rest = problems.back();
  rest.message = "and " + std::to_string(count - told_max) + " more problems";
  rest.key.clear();
  rest.hint.clear();
  return problems;
}

} // namespace troupe::runtime
