#include "actors/scoring/scored_item.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

namespace troupe::scoring {

namespace {

std::vector<double> one(const messages::column& values, std::size_t row) {
  if (values.size() == 0)
    return {};
  return {values.doubles()[row]};
}

} // namespace

std::vector<item_place> best_items(const std::vector<scored_batch>& result,
                                   std::size_t count) {
  // A stable order by rank: ranks of a real-time scoring may be equal.
  auto places = std::vector<std::pair<std::uint32_t, item_place>>{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto ranks = result[i].overall_ranks.counts();
    for (std::size_t row = 0; row < ranks.size(); ++row)
      places.push_back({ranks[row], {i, row}});
  }
  const auto end
    = places.begin()
      + static_cast<std::ptrdiff_t>(std::min(count, places.size()));
  std::partial_sort(
    places.begin(), end, places.end(), [](const auto& left, const auto& right) {
      return std::tuple{left.first, left.second.batch, left.second.row}
             < std::tuple{right.first, right.second.batch, right.second.row};
    });
  auto best = std::vector<item_place>{};
  for (auto at = places.begin(); at != end; ++at)
    best.push_back(at->second);
  return best;
}

item_scores scores_at(const scored_batch& batch, std::size_t row) {
  const auto rows = std::vector<std::uint32_t>{static_cast<std::uint32_t>(row)};
  const auto items = gather(batch.items, rows);
  auto strategic = strategic_batch{};
  strategic.rows = 1;
  strategic.raw = one(batch.strategic.raw, row);
  strategic.completeness = one(batch.strategic.completeness, row);
  for (const auto& values : batch.strategic.values)
    strategic.values.push_back(one(values, row));
  for (const auto& scores : batch.strategic.categories)
    strategic.categories.push_back(one(scores, row));
  auto totals = total_batch{};
  totals.strategic = one(batch.totals.strategic, row);
  totals.financial = one(batch.totals.financial, row);
  totals.financial_normalised = one(batch.totals.financial_normalised, row);
  totals.penalty = one(batch.totals.penalty, row);
  totals.total = one(batch.totals.total, row);
  return item_scores_at(items.view(), strategic, totals, 0);
}

} // namespace troupe::scoring
