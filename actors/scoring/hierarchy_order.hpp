#pragma once

#include "actors/scoring/hierarchy.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace troupe::scoring {

/// An item in the order in which a tree is printed.
struct hierarchy_place {
  std::uint32_t row = 0;
  std::uint32_t depth = 0; ///< Levels below the top.

  friend bool operator==(const hierarchy_place&, const hierarchy_place&)
    = default;
};

struct hierarchy_choice {
  /// Only this row and what is below it; no_parent: everything.
  std::uint32_t top = no_parent;
  /// Levels below the top that are listed.
  std::uint32_t depth_max = std::numeric_limits<std::uint32_t>::max();
  /// Siblings go by these ranks, one per row; empty: by row.
  std::span<const std::uint32_t> ranks = {};
};

/// Every chosen item once, parents before their children. Of a cycle the first
/// member is on top. Takes time proportional to the number of items (n log n
/// with ranks), however deep the hierarchy is.
[[nodiscard]] std::vector<hierarchy_place>
order_hierarchy(const hierarchy& items, const hierarchy_choice& choice = {});

} // namespace troupe::scoring
