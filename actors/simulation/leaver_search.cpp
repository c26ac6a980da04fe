#include "actors/simulation/leaver_search.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace troupe::simulation {

namespace {

/// Of a leaver times a person, up to people_max each.
__extension__ using wide_count = __int128;

} // namespace

std::vector<std::int64_t>
split_leavers(std::int64_t leavers, std::span<const std::int64_t> headcounts) {
  const auto all
    = std::accumulate(headcounts.begin(), headcounts.end(), std::int64_t{0});
  auto shares = std::vector<std::int64_t>(headcounts.size());
  if (all == 0)
    return shares;
  auto rests = std::vector<std::int64_t>{};
  auto left = leavers;
  for (auto at = std::size_t{0}; at < headcounts.size(); ++at) {
    const auto product = wide_count{leavers} * headcounts[at];
    shares[at] = static_cast<std::int64_t>(product / all);
    rests.push_back(static_cast<std::int64_t>(product % all));
    left -= shares[at];
  }
  // What is left is the sum of the rests over all: fewer than have one.
  for (; left > 0; --left) {
    const auto largest = std::ranges::max_element(rests);
    ++shares[static_cast<std::size_t>(largest - rests.begin())];
    *largest = -1;
  }
  return shares;
}

bool leaver_search::merge(std::span<const draw_histogram> block) noexcept {
  if (block.size() != histograms_.size())
    return false;
  for (auto group = std::size_t{0}; group < block.size(); ++group)
    histograms_[group].merge(block[group]);
  return true;
}

runtime::outcome<void> leaver_search::find_buckets(std::int64_t leavers) {
  auto headcounts = std::vector<std::int64_t>{};
  for (const auto& histogram : histograms_)
    headcounts.push_back(static_cast<std::int64_t>(histogram.total()));
  const auto all
    = std::accumulate(headcounts.begin(), headcounts.end(), std::int64_t{0});
  if (leavers < 0 || leavers > all)
    return runtime::fail(runtime::problem_kind::failed,
                         std::to_string(leavers) + " are to leave of "
                           + std::to_string(all) + " who can");
  const auto shares = split_leavers(leavers, headcounts);
  for (auto group = std::size_t{0}; group < shares.size(); ++group)
    buckets_[group] = find_bucket(histograms_[group],
                                  static_cast<std::uint64_t>(shares[group]));
  return {};
}

bool leaver_search::does_anybody_leave() const noexcept {
  return std::ranges::any_of(buckets_, [](const auto& bucket) {
    return bucket.has_value();
  });
}

leaver_bounds leaver_search::find_bounds() {
  const auto find = [this](std::size_t group) {
    return buckets_[group] ? find_bound(*buckets_[group], draws_[group])
                           : draw_bound{};
  };
  if (buckets_.size() == 1)
    return find(0);
  auto bounds = leaver_bounds{};
  for (auto group = std::size_t{0}; group < buckets_.size(); ++group)
    bounds[group] = find(group);
  return bounds;
}

} // namespace troupe::simulation
