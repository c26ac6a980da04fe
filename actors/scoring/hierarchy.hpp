#pragma once

#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/work_item.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// The items of a portfolio as a hierarchy sees them: `ids` are unique, an
/// empty parent is none. Columns may be empty (types, states: none; numbers:
/// missing).
struct hierarchy_view {
  text_view ids;
  text_view parents;
  std::span<const std::uint8_t> types;
  std::span<const std::uint8_t> states;
  std::span<const double> story_points;
  std::span<const double> complexities;
  std::span<const double> risks;
};

[[nodiscard]] hierarchy_view hierarchy_of(const item_batch& batch);

/// Something that is odd but keeps nobody from scoring.
struct hierarchy_warning {
  enum class kind : std::uint8_t {
    unknown_parent,
    wrong_parent_type, ///< For example a Feature below a Task.
    cycle, ///< Items that are their own ancestors.
  };

  kind what = kind::unknown_parent;
  /// The item; of a cycle all members, from the first in the portfolio upwards.
  std::vector<std::uint32_t> rows;
  std::string message;
};

/// Sums over an item and all its descendants. Missing story points count as 0.
struct rolled_up {
  std::uint32_t descendants = 0;
  double story_points = 0.0;
  double completed = 0.0; ///< Story points of Closed and Resolved.
  double cancelled = 0.0; ///< Of Cancelled, Deferred and Removed.
  double completion_percent = 0.0; ///< 0 if there are no story points.
  double mean_risk = missing_value; ///< Over what is known.
  double mean_complexity = missing_value;
};

inline constexpr std::uint32_t no_parent = static_cast<std::uint32_t>(-1);

struct hierarchy {
  /// Row of each item's parent, or no_parent.
  std::vector<std::uint32_t> parents;
  /// By row. A member of a cycle sums up what is below it outside of the cycle.
  std::vector<rolled_up> sums;
  /// Unknown parents and wrong types in row order, then the cycles.
  std::vector<hierarchy_warning> warnings;
};

/// Whether an item of this type may hang below one of that: User Story below
/// Feature or PIO, Feature below Epic or PIO, PIO below Epic, Epic below none;
/// Task, Bug and items without a type below anything.
[[nodiscard]] bool is_legal_parent(work_item_type child,
                                   work_item_type parent) noexcept;

/// Builds it in time proportional to the number of items, however deep it is
/// and whatever its links are. Sums are added up from the leaves, in an order
/// that depends on the order of the rows only.
[[nodiscard]] hierarchy build_hierarchy(const hierarchy_view& items);

} // namespace troupe::scoring
