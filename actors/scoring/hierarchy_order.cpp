#include "actors/scoring/hierarchy_order.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::scoring {

namespace {

/// The children of every row, in the order in which siblings are listed.
class family {
public:
  family(const hierarchy& items, std::span<const std::uint32_t> ranks)
    : begins_(items.parents.size() + 1) {
    auto rows = std::vector<std::uint32_t>(items.parents.size());
    std::iota(rows.begin(), rows.end(), 0u);
    if (!ranks.empty())
      std::stable_sort(rows.begin(), rows.end(), [&](auto left, auto right) {
        return ranks[left] < ranks[right];
      });
    for (const auto parent : items.parents)
      if (parent != no_parent)
        ++begins_[parent + 1];
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    children_.resize(begins_.back());
    auto ends = begins_;
    auto is_first = std::vector<bool>(rows.size());
    for (const auto& warning : items.warnings)
      if (warning.what == hierarchy_warning::kind::cycle)
        is_first[warning.rows.front()] = true;
    for (const auto row : rows) {
      const auto parent = items.parents[row];
      if (parent != no_parent)
        children_[ends[parent]++] = row;
      if (parent == no_parent || is_first[row])
        tops_.push_back(row);
    }
  }

  [[nodiscard]] std::span<const std::uint32_t> tops() const {
    return tops_;
  }

  [[nodiscard]] std::span<const std::uint32_t>
  children_of(std::uint32_t row) const {
    return std::span{children_}.subspan(begins_[row],
                                        begins_[row + 1] - begins_[row]);
  }

private:
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> children_;
  std::vector<std::uint32_t> tops_; // Nobody's children, and cycles' first.
};

} // namespace

std::vector<hierarchy_place> order_hierarchy(const hierarchy& items,
                                             const hierarchy_choice& choice) {
  const auto rows = family{items, choice.ranks};
  auto places = std::vector<hierarchy_place>{};
  auto is_listed = std::vector<bool>(items.parents.size());
  auto waiting = std::vector<hierarchy_place>{};
  const auto push
    = [&](std::span<const std::uint32_t> all, std::uint32_t depth) {
        for (auto row = all.rbegin(); row != all.rend(); ++row)
          waiting.push_back({*row, depth});
      };
  if (choice.top == no_parent)
    push(rows.tops(), 0);
  else
    waiting.push_back({choice.top, 0});
  while (!waiting.empty()) {
    const auto at = waiting.back();
    waiting.pop_back();
    // A cycle leads back to where it was entered, and to nothing else.
    if (is_listed[at.row])
      continue;
    is_listed[at.row] = true;
    places.push_back(at);
    if (at.depth < choice.depth_max)
      push(rows.children_of(at.row), at.depth + 1);
  }
  return places;
}

} // namespace troupe::scoring
