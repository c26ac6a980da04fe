#pragma once

#include "actors/simulation/draw_selection.hpp"
#include "actors/simulation/scenario.hpp"
#include "runtime/problem.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace troupe::simulation {

/// Leavers are chosen among all who may leave, or among each level of staff
/// apart: each such group has a bucket and a bound of its own.
using group_buckets = std::vector<std::optional<bound_bucket>>;
using group_draws = std::vector<std::vector<keyed_draw>>;

/// The last leaver of each level.
class leaver_bounds {
public:
  /// Nobody leaves.
  leaver_bounds() = default;

  // The same for all levels.
  // NOLINTNEXTLINE(google-explicit-constructor): a bound is one of all.
  leaver_bounds(const draw_bound& all) noexcept {
    by_level_.fill(all);
  }

  // NOLINTNEXTLINE(google-explicit-constructor): as a bound.
  leaver_bounds(const keyed_draw& all) noexcept
    : leaver_bounds{draw_bound{all}} {}

  /// By level - 1.
  [[nodiscard]] draw_bound& operator[](std::size_t level) noexcept {
    return by_level_[level];
  }

  [[nodiscard]] const draw_bound& operator[](std::size_t level) const noexcept {
    return by_level_[level];
  }

private:
  std::array<draw_bound, level_count> by_level_{};
};

/// Of each level the leavers that are its share of all, by largest remainder:
/// the whole part of leavers * headcount / all, and one more for those with the
/// largest rests, of equal rests for the lower level. Never more than there
/// are. `leavers` is from 0 to the sum of the headcounts.
[[nodiscard]] std::vector<std::int64_t>
split_leavers(std::int64_t leavers, std::span<const std::int64_t> headcounts);

/// The two rounds of draw_selection.hpp, for each group at the same time.
class leaver_search {
public:
  explicit leaver_search(std::size_t groups = 1)
    : histograms_(groups), buckets_(groups), draws_(groups) {}

  [[nodiscard]] std::span<draw_histogram> histograms() noexcept {
    return histograms_;
  }

  /// Those of a block, for each group. False: there are others.
  [[nodiscard]] bool merge(std::span<const draw_histogram> block) noexcept;

  /// Ends the first round; each group has its share of the leavers. Fails when
  /// there are more than can leave.
  [[nodiscard]] runtime::outcome<void> find_buckets(std::int64_t leavers);

  /// Nothing for groups of which nobody leaves.
  [[nodiscard]] const group_buckets& buckets() const noexcept {
    return buckets_;
  }

  [[nodiscard]] bool does_anybody_leave() const noexcept;

  /// For the draws of the buckets.
  [[nodiscard]] std::span<std::vector<keyed_draw>> draws() noexcept {
    return draws_;
  }

  /// Ends the second round.
  [[nodiscard]] leaver_bounds find_bounds();

private:
  std::vector<draw_histogram> histograms_;
  group_buckets buckets_;
  group_draws draws_;
};

} // namespace troupe::simulation
