#include "actors/scoring/scored_item.hpp"

#include <algorithm>
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
  auto rows = std::size_t{0};
  for (const auto& batch : result)
    rows += batch.rows();
  auto places = std::vector<item_place>(std::min(count, rows));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto ranks = result[i].overall_ranks.counts();
    for (std::size_t row = 0; row < ranks.size(); ++row)
      if (ranks[row] <= places.size())
        places[ranks[row] - 1] = {i, row};
  }
  return places;
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
