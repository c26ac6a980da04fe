#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::cluster {

/// A part of a scoring or of a simulation: entities, assets or persons by
/// number, in their order.
struct shard {
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  friend bool operator==(const shard&, const shard&) = default;
};

struct shard_options {
  /// So many for each node, so that a slow one leaves the rest to others.
  std::uint32_t shards_per_node = 4;
  /// Less is not worth the way.
  std::uint64_t units_min = 1'000;
  std::uint32_t shards_max = 1'024;
};

/// A node that takes part, and how much it does in a time, against others.
struct node_speed {
  std::string name;
  std::uint32_t speed = 1;
};

/// Cuts units 0 to units - 1 into contiguous shards whose sizes differ by one
/// at most. Depends on nothing but how many nodes there are now: who does which
/// may change later, the cut never does, so a run that goes on elsewhere goes
/// on with the same shards. No units are no shards.
[[nodiscard]] std::vector<shard> cut_shards(std::uint64_t units,
                                            std::size_t nodes,
                                            const shard_options& options = {});

/// Who should do which: neighbours together, as many as the speed says (off by
/// less than a shard). By name, whatever the order of the nodes. Without nodes
/// nobody: all names are empty.
[[nodiscard]] std::vector<std::string>
assign_shards(const std::vector<shard>& shards, std::vector<node_speed> nodes);

/// The nodes are others now. What nobody does any more goes, one after another,
/// to whoever would be done with all of its own first; all other shards stay
/// where they are. `is_done`: these stay, too, and cost nothing; as long as
/// `shards`. How many have moved.
std::size_t reassign_shards(const std::vector<shard>& shards,
                            const std::vector<bool>& is_done,
                            std::vector<node_speed> nodes,
                            std::vector<std::string>& assigned);

} // namespace troupe::cluster
