#pragma once

#include "actors/scoring/item_layout.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// The keys of a JSON object that matter, as a tree from the outside in. One
/// pass over an object finds all of them, whatever their order.
class key_tree {
public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct node {
    /// Slot that takes the value here, or `none`.
    std::size_t slot = none;
    bool is_financial = false;
    std::vector<std::pair<std::string, std::size_t>> children;
    /// First child by hash, then the next with the same hash; 0: none, else
    /// position in `children` plus one.
    std::array<std::uint16_t, 64> first{};
    std::vector<std::uint16_t> next;
  };

  explicit key_tree(const item_layout& layout);

  [[nodiscard]] const node& root() const noexcept {
    return nodes_.front();
  }

  /// The child with this key, or null.
  [[nodiscard]] const node* find(const node& parent,
                                 std::string_view key) const noexcept;

private:
  [[nodiscard]] std::size_t reach(const source_path& path);

  std::vector<node> nodes_;
};

/// Reads items from JSON objects, one per line. Immutable.
class jsonl_item_reader {
public:
  explicit jsonl_item_reader(item_layout layout)
    : layout_{std::move(layout)}, keys_{layout_} {}

  /// As item_reader::read.
  [[nodiscard]] runtime::outcome<item_reading>
  read(const runtime::record_chunk& chunk) const;

private:
  item_layout layout_;
  key_tree keys_;
};

} // namespace troupe::scoring
