#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// Who may own keys. The weight is 1 to 1,000,000; what is beyond counts as the
/// nearest. Of two nodes the one with the double weight owns twice as many.
struct rendezvous_node {
  std::string name;
  std::uint32_t weight = 1;
};

/// Where a key meets a node: the lower, the nearer. Depends on these two alone,
/// so a node that comes or goes changes nothing between the others.
struct rendezvous_distance {
  /// -log2 of the hash as a fraction of 1, in 2^-24.
  std::uint64_t logarithm = 0;
  std::uint64_t hash = 0;
  std::uint32_t weight = 1;

  friend bool operator<(const rendezvous_distance& a,
                        const rendezvous_distance& b) noexcept;
};

/// Highest random weight hashing (Thaler and Ravishankar: Using name-based
/// mappings to increase hit rates, IEEE/ACM Transactions on Networking 6(1),
/// 1998). With weights by the logarithmic method (Schindelhauer and Schomaker:
/// Weighted distributed hash tables, 2005): -log(u) / w is exponentially
/// distributed with rate w, so the lowest one belongs to a node with the
/// probability of its share of the weights. In whole numbers, so that it is the
/// same on every machine.
[[nodiscard]] rendezvous_distance distance(std::string_view key,
                                           const rendezvous_node& node);

/// The index of the node that owns the key; nothing if there are none. Whatever
/// the order of the nodes, whose names differ, it is the same one.
[[nodiscard]] std::optional<std::size_t>
owner_of(std::string_view key, const std::vector<rendezvous_node>& nodes);

} // namespace troupe::engine
