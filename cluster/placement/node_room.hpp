#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace troupe::cluster {

/// What work needs while it runs, or what a node has.
struct node_room {
  std::uint64_t cpu_thousandths = 0;
  std::uint64_t memory_bytes = 0;
  /// Whole units by name; what is not named is not there.
  std::map<std::string, std::uint64_t> named;

  friend bool operator==(const node_room&, const node_room&) = default;
};

/// Whether there is room for it.
[[nodiscard]] bool fits(const node_room& needed, const node_room& room);

/// Takes it away, as far as it is there.
void take(node_room& from, const node_room& what);

void add(node_room& to, const node_room& what);

/// The name of something of which `room` has too little: "cpu", "memory", or
/// that of a named resource; empty: it fits.
[[nodiscard]] std::string lacking(const node_room& needed,
                                  const node_room& room);

/// How much is missing in `room`, in millionths of the capacity, summed over
/// what is needed. 0: it fits. Never grows while `room` grows.
[[nodiscard]] std::uint64_t shortage(const node_room& needed,
                                     const node_room& room,
                                     const node_room& capacity);

/// How full the fullest of what is needed would be, in millionths of the
/// capacity; 1,000,000: nothing is left of it.
[[nodiscard]] std::uint64_t fullness(const node_room& needed,
                                     const node_room& room,
                                     const node_room& capacity);

} // namespace troupe::cluster
