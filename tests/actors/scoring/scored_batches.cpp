#include "tests/actors/scoring/scored_batches.hpp"

#include <numeric>
#include <string>
#include <vector>

namespace troupe::tests {

using namespace scoring;

using messages::column;

namespace {

/// first, first + step, ...
std::vector<double> ramp(std::size_t rows, double first, double step) {
  auto values = std::vector<double>(rows);
  for (std::size_t row = 0; row < rows; ++row)
    values[row] = first + step * static_cast<double>(row);
  return values;
}

} // namespace

item_batch sample_items(std::size_t rows) {
  auto batch = item_batch{};
  batch.rows = rows;
  for (std::size_t row = 0; row < rows; ++row) {
    batch.ids.add("id-" + std::to_string(row));
    batch.titles.add("title " + std::to_string(row));
    batch.digests.push_back(1000 + row);
    batch.has_financials.push_back(row % 2 == 0 ? 1 : 0);
    batch.parents.add(row == 0 ? "" : "id-0");
  }
  batch.values = {ramp(rows, 0.0, 0.25), ramp(rows, 1.0, -0.125)};
  for (std::size_t i = 0; i < financial_figure_count; ++i)
    batch.financials.push_back(ramp(rows, static_cast<double>(i), 0.5));
  batch.types.assign(rows, 1);
  batch.states.assign(rows, 2);
  batch.story_points = ramp(rows, 1.0, 1.0);
  batch.complexities = ramp(rows, 0.5, 0.0);
  batch.risks.assign(rows, missing_value);
  return batch;
}

scored_batch sample_scored(std::size_t rows) {
  auto batch = scored_batch{};
  batch.items = unpack_items(pack(sample_items(rows))).value();
  batch.strategic.rows = rows;
  batch.strategic.raw = column{ramp(rows, 0.75, -0.125)};
  batch.strategic.categories
    = {column{ramp(rows, 0.5, -0.0625)}, column{ramp(rows, 0.25, -0.0625)}};
  batch.strategic.values = batch.items.values;
  batch.totals.rows = rows;
  batch.totals.strategic = batch.strategic.raw;
  batch.totals.financial = column{ramp(rows, 0.5, 0.0)};
  batch.totals.financial_normalised = column{ramp(rows, 0.25, 0.0)};
  batch.totals.total = column{ramp(rows, 0.5, -0.0625)};
  auto ranks = std::vector<std::uint32_t>(rows);
  std::iota(ranks.begin(), ranks.end(), 1U);
  batch.overall_ranks = column{ranks};
  batch.financial_ranks = column{ranks};
  batch.strategic_ranks = column{std::move(ranks)};
  return batch;
}

} // namespace troupe::tests
