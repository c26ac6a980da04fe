#include "actors/simulation/draw_selection.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::simulation {

void draw_histogram::merge(const draw_histogram& other) noexcept {
  for (auto bucket = std::size_t{0}; bucket < bucket_count; ++bucket)
    counts_[bucket] += other.counts_[bucket];
}

std::uint64_t draw_histogram::total() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::optional<bound_bucket> find_bucket(const draw_histogram& draws,
                                        std::uint64_t count) {
  if (count == 0)
    return std::nullopt;
  for (auto bucket = std::size_t{0}; bucket < draw_histogram::bucket_count;
       ++bucket) {
    if (count <= draws.counts()[bucket])
      return bound_bucket{bucket, count};
    count -= draws.counts()[bucket];
  }
  return std::nullopt;
}

draw_bound find_bound(const bound_bucket& where,
                      std::vector<keyed_draw>& bucket) {
  if (where.chosen == 0 || where.chosen > bucket.size())
    return std::nullopt;
  const auto last
    = bucket.begin() + static_cast<std::ptrdiff_t>(where.chosen - 1);
  std::ranges::nth_element(bucket, last);
  return *last;
}

} // namespace troupe::simulation
