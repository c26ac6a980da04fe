#include "actors/scoring/portfolio.hpp"
#include "actors/scoring/reports.hpp"

#include <algorithm>
#include <utility>

namespace troupe::scoring {

using messages::column;

namespace {

/// One column of every batch, end to end.
std::vector<double> concatenate(const std::vector<scored_batch>& result,
                                const auto& pick) {
  auto values = std::vector<double>{};
  for (const auto& batch : result) {
    const column& from = pick(batch);
    if (from.size() == 0)
      continue;
    const auto span = from.doubles();
    values.insert(values.end(), span.begin(), span.end());
  }
  return values;
}

std::vector<std::uint32_t>
concatenate_ranks(const std::vector<scored_batch>& result,
                  column scored_batch::*ranks) {
  auto values = std::vector<std::uint32_t>{};
  for (const auto& batch : result) {
    const auto span = (batch.*ranks).counts();
    values.insert(values.end(), span.begin(), span.end());
  }
  return values;
}

/// What `portfolio_columns` borrows.
struct owned_columns {
  std::vector<std::vector<double>> numbers;
  std::vector<std::vector<std::uint32_t>> ranks;
  std::vector<std::uint8_t> has_financials;
};

/// Batches without any financial data have no such columns; in the portfolio
/// they have rows of nothing.
void append_financials(const std::vector<scored_batch>& result,
                       owned_columns& owned, portfolio_columns& columns) {
  const auto has_any
    = std::any_of(result.begin(), result.end(), [](const auto& batch) {
        return !batch.items.financials.empty();
      });
  if (!has_any)
    return;
  auto figures = std::vector<std::vector<double>>(financial_figure_count);
  for (const auto& batch : result) {
    const auto is_absent = batch.items.financials.empty();
    for (std::size_t i = 0; i < figures.size(); ++i) {
      auto& to = figures[i];
      if (is_absent) {
        to.resize(to.size() + batch.rows(), missing_value);
        continue;
      }
      const auto from = batch.items.financials[i].doubles();
      to.insert(to.end(), from.begin(), from.end());
    }
    if (is_absent) {
      owned.has_financials.resize(owned.has_financials.size() + batch.rows());
      continue;
    }
    const auto has = batch.items.has_financials.bytes();
    owned.has_financials.insert(owned.has_financials.end(), has.begin(),
                                has.end());
  }
  for (auto& values : figures) {
    owned.numbers.push_back(std::move(values));
    columns.financials.emplace_back(owned.numbers.back());
  }
  columns.has_financials = owned.has_financials;
}

/// A column that some batches lack because all their values are `absent`.
std::vector<double> completeness_of(const std::vector<scored_batch>& result) {
  auto values = std::vector<double>{};
  for (const auto& batch : result) {
    const auto& from = batch.strategic.completeness;
    if (from.size() == 0) {
      values.resize(values.size() + batch.rows(), 1.0);
      continue;
    }
    const auto span = from.doubles();
    values.insert(values.end(), span.begin(), span.end());
  }
  return values;
}

} // namespace

std::string
render_summary(const scoring_plan& plan, const scoring_scales& scales,
               const std::vector<scored_batch>& result,
               std::span<const financial_figures> other_financials) {
  auto owned = owned_columns{};
  auto columns = portfolio_columns{};
  // Spans into the vectors stay good: only the outer vector grows.
  const auto keep = [&](std::vector<double> values) {
    owned.numbers.push_back(std::move(values));
    return std::span<const double>{owned.numbers.back()};
  };
  columns.rows = scales.rows;
  columns.strategic_raw = keep(concatenate(
    result, [](const auto& batch) -> auto& { return batch.strategic.raw; }));
  for (std::size_t i = 0; i < plan.categories.size(); ++i)
    columns.categories.push_back(keep(concatenate(
      result, [=](const auto& batch) -> auto& {
        return batch.strategic.categories[i];
      })));
  columns.completeness = keep(completeness_of(result));
  columns.strategic = keep(concatenate(
    result, [](const auto& batch) -> auto& { return batch.totals.strategic; }));
  columns.financial = keep(concatenate(
    result, [](const auto& batch) -> auto& { return batch.totals.financial; }));
  columns.total = keep(concatenate(
    result, [](const auto& batch) -> auto& { return batch.totals.total; }));
  for (const auto ranks :
       {&scored_batch::overall_ranks, &scored_batch::financial_ranks,
        &scored_batch::strategic_ranks})
    owned.ranks.push_back(concatenate_ranks(result, ranks));
  columns.overall_rank = owned.ranks[0];
  columns.financial_rank = owned.ranks[1];
  columns.strategic_rank = owned.ranks[2];
  append_financials(result, owned, columns);
  columns.other_financials = other_financials;
  return summary_json(plan, summarise(plan, scales, columns));
}

} // namespace troupe::scoring
