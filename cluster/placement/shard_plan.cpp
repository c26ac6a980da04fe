#include "cluster/placement/shard_plan.hpp"

#include <algorithm>
#include <map>

namespace troupe::cluster {

namespace {

/// By name; each speed at least 1.
void normalize(std::vector<node_speed>& nodes) {
  std::ranges::sort(nodes, {}, &node_speed::name);
  for (auto& each : nodes)
    each.speed = std::max(each.speed, std::uint32_t{1});
}

} // namespace

std::vector<shard> cut_shards(std::uint64_t units, std::size_t nodes,
                              const shard_options& options) {
  auto shards = std::vector<shard>{};
  if (units == 0)
    return shards;
  const auto most = std::uint64_t{std::max(options.shards_max, 1U)};
  const auto per_node = std::uint64_t{std::max(options.shards_per_node, 1U)};
  // No more nodes than shards, so that the product cannot overflow.
  const auto wanted = std::min(most, std::uint64_t{nodes}) * per_node;
  const auto worthwhile = units / std::max(options.units_min, std::uint64_t{1});
  const auto count
    = std::max(std::min({wanted, worthwhile, most, units}), std::uint64_t{1});
  const auto size = units / count;
  const auto larger = units % count;
  auto first = std::uint64_t{0};
  for (auto i = std::uint64_t{0}; i < count; ++i) {
    shards.push_back({first, size + (i < larger ? 1 : 0)});
    first += shards.back().count;
  }
  return shards;
}

std::vector<std::string> assign_shards(const std::vector<shard>& shards,
                                       std::vector<node_speed> nodes) {
  auto assigned = std::vector<std::string>(shards.size());
  normalize(nodes);
  auto total = std::uint64_t{0};
  for (const auto& each : nodes)
    total += each.speed;
  auto node = std::size_t{0};
  auto before = std::uint64_t{0}; // The speeds of those that are full.
  for (auto i = std::size_t{0}; i < shards.size() && !nodes.empty(); ++i) {
    // The middle of the shard lies in somebody's part of the whole.
    const auto middle = (2 * std::uint64_t{i} + 1) * total;
    while (middle >= 2 * shards.size() * (before + nodes[node].speed))
      before += nodes[node++].speed;
    assigned[i] = nodes[node].name;
  }
  return assigned;
}

std::size_t reassign_shards(const std::vector<shard>& shards,
                            const std::vector<bool>& is_done,
                            std::vector<node_speed> nodes,
                            std::vector<std::string>& assigned) {
  normalize(nodes);
  if (nodes.empty())
    return 0;
  auto loads = std::map<std::string, std::uint64_t>{};
  for (const auto& each : nodes)
    loads[each.name] = 0;
  auto orphans = std::vector<std::size_t>{};
  for (auto i = std::size_t{0}; i < shards.size(); ++i) {
    if (is_done[i])
      continue;
    const auto found = loads.find(assigned[i]);
    if (found == loads.end())
      orphans.push_back(i);
    else
      found->second += shards[i].count;
  }
  for (const auto each : orphans) {
    const auto units = shards[each].count;
    const auto best = std::ranges::min_element(
      nodes, {}, [&loads, units](const node_speed& of) {
        return static_cast<double>(loads[of.name] + units) / of.speed;
      });
    loads[best->name] += units;
    assigned[each] = best->name;
  }
  return orphans.size();
}

} // namespace troupe::cluster
