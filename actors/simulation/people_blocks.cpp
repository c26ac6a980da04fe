#include "actors/simulation/people_blocks.hpp"

#include <algorithm>
#include <numeric>
#include <span>

namespace troupe::simulation {

namespace {

people pick(const people& from, std::span<const std::size_t> rows) {
  auto picked = people{};
  picked.resize(rows.size());
  for (auto to = std::size_t{0}; to < rows.size(); ++to)
    picked.set(to, from, rows[to]);
  return picked;
}

} // namespace

std::vector<people> make_blocks(const people& everybody,
                                std::size_t block_size) {
  auto order = std::vector<std::size_t>(everybody.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&everybody](std::size_t row) {
    return everybody.key[row];
  });
  auto blocks = std::vector<people>{};
  for (auto first = std::size_t{0}; first < order.size(); first += block_size)
    blocks.push_back(
      pick(everybody, std::span{order}.subspan(
                        first, std::min(block_size, order.size() - first))));
  return blocks;
}

} // namespace troupe::simulation
