// Passes of benchmark W4 on columns in memory, one thread, in batches of
// 65,536 rows. Items per second are rows per second.
#include "actors/scoring/ranking.hpp"
#include "actors/scoring/scales.hpp"
#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/w4_portfolio.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace troupe::scoring;

constexpr auto batch_rows = std::size_t{65'536};

struct portfolio {
  scoring_plan plan = make_w4_plan();
  std::vector<item_batch> batches;
  std::vector<item_view> views;
  scoring_scales scales;
  std::size_t rows = 0;
};

batch_statistics measure_all(const portfolio& items) {
  auto merged = batch_statistics{};
  for (const auto& batch : items.views)
    merge(merged, measure(items.plan, batch));
  return merged;
}

const portfolio& portfolio_of(std::size_t rows) {
  static auto kept = portfolio{};
  if (kept.rows == rows)
    return kept;
  kept = portfolio{};
  kept.rows = rows;
  for (auto first = std::size_t{0}; first < rows; first += batch_rows)
    kept.batches.push_back(
      make_w4_items(first, std::min(batch_rows, rows - first)));
  for (const auto& batch : kept.batches) {
    auto& view = kept.views.emplace_back();
    view.rows = batch.rows;
    view.values.assign(batch.values.begin(), batch.values.end());
  }
  kept.scales = make_scales(kept.plan, measure_all(kept), {});
  return kept;
}

const portfolio& portfolio_of(const benchmark::State& state) {
  return portfolio_of(static_cast<std::size_t>(state.range(0)));
}

void count_rows(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void measure_columns(benchmark::State& state) {
  const auto& items = portfolio_of(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(measure_all(items));
  count_rows(state);
}

void score_columns(benchmark::State& state) {
  const auto& items = portfolio_of(state);
  for (auto _ : state)
    for (const auto& batch : items.views)
      benchmark::DoNotOptimize(
        score(items.plan, items.scales, batch, keep::sums_only));
  count_rows(state);
}

void score_and_keep_values(benchmark::State& state) {
  const auto& items = portfolio_of(state);
  for (auto _ : state)
    for (const auto& batch : items.views)
      benchmark::DoNotOptimize(
        score(items.plan, items.scales, batch, keep::values));
  count_rows(state);
}

void combine_scores(benchmark::State& state) {
  const auto& items = portfolio_of(state);
  auto scored = std::vector<strategic_batch>{};
  for (const auto& batch : items.views)
    scored.push_back(score(items.plan, items.scales, batch, keep::sums_only));
  for (auto _ : state)
    for (auto i = std::size_t{0}; i < scored.size(); ++i)
      benchmark::DoNotOptimize(
        combine(items.plan, items.scales, items.views[i], scored[i]));
  count_rows(state);
}

std::vector<double> totals_of(const portfolio& items) {
  auto totals = std::vector<double>{};
  for (const auto& batch : items.views) {
    const auto scored = score(items.plan, items.scales, batch, keep::sums_only);
    totals.insert(totals.end(), scored.raw.begin(), scored.raw.end());
  }
  return totals;
}

void rank_totals(benchmark::State& state) {
  const auto totals = totals_of(portfolio_of(state));
  for (auto _ : state)
    benchmark::DoNotOptimize(ranks_from_order(order_descending(totals)));
  count_rows(state);
}

/// One of two halves, as the first of two workers would sort it.
void rank_half(benchmark::State& state) {
  const auto totals = totals_of(portfolio_of(state));
  const auto pieces = std::array{std::span<const double>{totals}};
  for (auto _ : state)
    benchmark::DoNotOptimize(
      order_part(pieces, split_for_ranking(pieces, 2).front()));
  count_rows(state);
}

/// All passes, from columns to categories, totals and ranks.
void score_portfolio(benchmark::State& state) {
  const auto& items = portfolio_of(state);
  for (auto _ : state) {
    const auto scales = make_scales(items.plan, measure_all(items), {});
    auto totals = std::vector<double>(items.rows);
    auto to = totals.begin();
    auto kept = std::vector<strategic_batch>{};
    for (const auto& batch : items.views) {
      kept.push_back(score(items.plan, scales, batch, keep::sums_only));
      const auto combined = combine(items.plan, scales, batch, kept.back());
      to = std::ranges::copy(combined.total, to).out;
    }
    benchmark::DoNotOptimize(ranks_from_order(order_descending(totals)));
  }
  count_rows(state);
}

} // namespace

#define TROUPE_SCORING_BENCHMARK(name)                                         \
  BENCHMARK(name)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)

TROUPE_SCORING_BENCHMARK(measure_columns);
TROUPE_SCORING_BENCHMARK(score_columns);
TROUPE_SCORING_BENCHMARK(score_and_keep_values);
TROUPE_SCORING_BENCHMARK(combine_scores);
TROUPE_SCORING_BENCHMARK(rank_totals);
TROUPE_SCORING_BENCHMARK(rank_half);
TROUPE_SCORING_BENCHMARK(score_portfolio);

int main(int argc, char** argv) {
  // Keeps freed memory, as a process that scores again and again should: the
  // pages of fresh memory cost as much as the arithmetic.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
