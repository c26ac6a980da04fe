#include "actors/simulation/people_blocks.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

namespace troupe::simulation {

namespace {

people pick(const people& from, std::span<const std::size_t> rows) {
  auto picked = people{};
  picked.resize(rows.size());
  for (auto to = std::size_t{0}; to < rows.size(); ++to)
    picked.set(to, from, rows[to]);
  return picked;
}

people copy(const people_view& of) {
  auto copied = people{};
  copied.key.assign(of.key.begin(), of.key.end());
  copied.birth_date.assign(of.birth_date.begin(), of.birth_date.end());
  copied.hire_date.assign(of.hire_date.begin(), of.hire_date.end());
  copied.pay.assign(of.pay.begin(), of.pay.end());
  copied.deferral.assign(of.deferral.begin(), of.deferral.end());
  copied.level.assign(of.level.begin(), of.level.end());
  copied.plan.reserve(of.size());
  for (const auto value : of.plan)
    copied.plan.push_back(static_cast<enrollment>(value));
  return copied;
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

std::vector<people> cut_blocks(const people_view& ordered,
                               std::size_t block_size) {
  auto blocks = std::vector<people>{};
  for (auto first = std::size_t{0}; first < ordered.size(); first += block_size)
    blocks.push_back(
      copy(ordered.part(first, std::min(block_size, ordered.size() - first))));
  return blocks;
}

people join_blocks(std::vector<people> blocks) {
  if (blocks.empty())
    return {};
  auto all = std::move(blocks.front());
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (auto& each : std::span{blocks}.subspan(1)) {
    append(all.key, each.key);
    append(all.birth_date, each.birth_date);
    append(all.hire_date, each.hire_date);
    append(all.pay, each.pay);
    append(all.deferral, each.deferral);
    append(all.level, each.level);
    append(all.plan, each.plan);
    each = {};
  }
  return all;
}

} // namespace troupe::simulation
