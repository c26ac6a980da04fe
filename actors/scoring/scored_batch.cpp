#include "actors/scoring/scored_batch.hpp"

#include <utility>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using kind = messages::column::kind;

namespace {

// first row, then the sizes of items, strategic scores and totals.
constexpr std::size_t head_size = 4;
constexpr std::size_t rank_columns = 3;

void append(std::vector<column>& columns, const column_block& block) {
  for (std::size_t i = 0; i < block.size(); ++i)
    columns.push_back(block[i]);
}

column_block pack_strategic(const strategic_block& scores) {
  auto columns = std::vector<column>{
    column{std::vector<std::uint32_t>{
      static_cast<std::uint32_t>(scores.rows),
      static_cast<std::uint32_t>(scores.categories.size()),
      static_cast<std::uint32_t>(scores.values.size())}},
    scores.raw,
    scores.completeness,
  };
  columns.insert(columns.end(), scores.categories.begin(),
                 scores.categories.end());
  columns.insert(columns.end(), scores.values.begin(), scores.values.end());
  return column_block{std::move(columns)};
}

column_block pack_totals(const total_block& totals) {
  return column_block{{totals.strategic, totals.financial,
                       totals.financial_normalised, totals.penalty,
                       totals.total}};
}

bool is_rank_column(const column& ranks, std::size_t rows) {
  return ranks.size() == 0
         || (ranks.type() == kind::counts && ranks.size() == rows);
}

} // namespace

std::string scored_batch::id(std::size_t row) const {
  if (items.has_ids)
    return std::string{items.ids.text(row)};
  return std::to_string(first_row + row);
}

column_block pack(const scored_batch& batch) {
  const auto items = pack(batch.items);
  const auto strategic = pack_strategic(batch.strategic);
  const auto totals = pack_totals(batch.totals);
  auto columns = std::vector<column>{column{
    std::vector<std::int64_t>{static_cast<std::int64_t>(batch.first_row),
                              static_cast<std::int64_t>(items.size()),
                              static_cast<std::int64_t>(strategic.size()),
                              static_cast<std::int64_t>(totals.size())}}};
  append(columns, items);
  append(columns, strategic);
  append(columns, totals);
  columns.push_back(batch.overall_ranks);
  columns.push_back(batch.financial_ranks);
  columns.push_back(batch.strategic_ranks);
  return column_block{std::move(columns)};
}

std::optional<scored_batch> unpack_scored(const column_block& block) {
  if (block.empty() || block[0].type() != kind::integers
      || block[0].size() != head_size)
    return std::nullopt;
  const auto head = block[0].integers();
  for (const auto value : head)
    if (value < 0 || value > std::int64_t{1} << 40)
      return std::nullopt;
  const auto at
    = [&](std::size_t i) { return static_cast<std::size_t>(head[i]); };
  if (block.size() != 1 + at(1) + at(2) + at(3) + rank_columns)
    return std::nullopt;
  auto items = unpack_items(part(block, 1, at(1)));
  auto strategic = unpack_strategic(part(block, 1 + at(1), at(2)));
  auto totals = unpack_totals(part(block, 1 + at(1) + at(2), at(3)));
  if (!items || !strategic || !totals || strategic->rows != items->rows
      || totals->rows != items->rows)
    return std::nullopt;
  const auto ranks = 1 + at(1) + at(2) + at(3);
  for (std::size_t i = 0; i < rank_columns; ++i)
    if (!is_rank_column(block[ranks + i], items->rows))
      return std::nullopt;
  auto batch = scored_batch{};
  batch.first_row = at(0);
  batch.items = std::move(*items);
  batch.strategic = std::move(*strategic);
  batch.totals = std::move(*totals);
  batch.overall_ranks = block[ranks];
  batch.financial_ranks = block[ranks + 1];
  batch.strategic_ranks = block[ranks + 2];
  return batch;
}

column_block pack(const std::vector<scored_batch>& batches) {
  auto sizes = std::vector<std::int64_t>{};
  auto packed = std::vector<column>{column{}};
  for (const auto& batch : batches) {
    const auto block = pack(batch);
    sizes.push_back(static_cast<std::int64_t>(block.size()));
    append(packed, block);
  }
  packed.front() = column{std::move(sizes)};
  return column_block{std::move(packed)};
}

std::optional<std::vector<scored_batch>>
unpack_result(const column_block& block) {
  if (block.empty() || block[0].type() != kind::integers)
    return std::nullopt;
  auto batches = std::vector<scored_batch>{};
  auto first = std::size_t{1};
  for (const auto size : block[0].integers()) {
    if (size < 0 || static_cast<std::size_t>(size) > block.size() - first)
      return std::nullopt;
    auto batch
      = unpack_scored(part(block, first, static_cast<std::size_t>(size)));
    if (!batch)
      return std::nullopt;
    batches.push_back(std::move(*batch));
    first += static_cast<std::size_t>(size);
  }
  if (first != block.size())
    return std::nullopt;
  return batches;
}

} // namespace troupe::scoring
