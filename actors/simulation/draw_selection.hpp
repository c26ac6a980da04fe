#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace troupe::simulation {

/// Orders people by their draw, and those with the same draw by key.
struct keyed_draw {
  std::uint64_t draw = 0;
  std::uint64_t key = 0;

  friend auto operator<=>(const keyed_draw&, const keyed_draw&) = default;
};

/// The last of the chosen; nothing: none is chosen.
using draw_bound = std::optional<keyed_draw>;

[[nodiscard]] constexpr bool is_chosen(const draw_bound& last,
                                       const keyed_draw& candidate) noexcept {
  return last && candidate <= *last;
}

/// Finds the `count` smallest of the draws of any number of blocks, exactly, in
/// two rounds, in each of which blocks need nothing of each other:
///
///   each block:  histogram of its draws           add()
///   once:        merge, choose the bucket         merge(), find_bucket()
///   each block:  list its draws of that bucket    is_in()
///   once:        merge, find the bound            find_bound()
///
/// Draws are even, so that a bucket holds about 1/4096 of them.
class draw_histogram {
public:
  static constexpr std::size_t bucket_count = 4096;

  draw_histogram() = default;

  /// Of how many draws each bucket has.
  explicit draw_histogram(
    std::span<const std::uint32_t, bucket_count> counts) noexcept {
    std::ranges::copy(counts, counts_.begin());
  }

  [[nodiscard]] static constexpr std::size_t
  bucket_of(std::uint64_t draw) noexcept {
    return static_cast<std::size_t>(draw >> 52U);
  }

  void add(std::uint64_t draw) noexcept {
    ++counts_[bucket_of(draw)];
  }

  /// In any order.
  void merge(const draw_histogram& other) noexcept;

  [[nodiscard]] std::uint64_t total() const noexcept;

  [[nodiscard]] const std::array<std::uint64_t, bucket_count>&
  counts() const noexcept {
    return counts_;
  }

private:
  std::array<std::uint64_t, bucket_count> counts_{};
};

/// Where the last of the chosen is.
struct bound_bucket {
  std::size_t bucket = 0;
  /// How many of this bucket are chosen, at least 1.
  std::uint64_t chosen = 0;

  [[nodiscard]] bool is_in(std::uint64_t draw) const noexcept {
    return draw_histogram::bucket_of(draw) == bucket;
  }
};

/// Nothing when none is to be chosen. `count` is at most the total.
[[nodiscard]] std::optional<bound_bucket>
find_bucket(const draw_histogram& draws, std::uint64_t count);

/// The bound, from all draws of its bucket in any order. Changes the order.
[[nodiscard]] draw_bound find_bound(const bound_bucket& where,
                                    std::vector<keyed_draw>& bucket);

} // namespace troupe::simulation
