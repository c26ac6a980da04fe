#include "actors/scoring/scoring_blocks.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::scoring {

using messages::column;
using messages::column_block;
using kind = messages::column::kind;

namespace {

constexpr std::size_t detail_count = 6;

/// The first column of every block: how many columns of which sort follow.
column header(std::vector<std::uint32_t> counts) {
  return column{std::move(counts)};
}

std::span<const std::uint32_t> read_header(const column_block& block,
                                           std::size_t size) {
  if (block.empty() || block[0].type() != kind::counts
      || block[0].size() != size)
    return {};
  return block[0].counts();
}

/// Whether a column is one of `rows` values, or (if it may be) empty.
bool fits(const column& values, kind type, std::size_t rows, bool optional) {
  if (optional && values.size() == 0)
    return true;
  return values.type() == type && values.size() == rows;
}

std::vector<column> columns_of(const column_block& block, std::size_t first,
                               std::size_t count) {
  auto columns = std::vector<column>{};
  columns.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    columns.push_back(block[first + i]);
  return columns;
}

bool all_doubles(const std::vector<column>& columns, std::size_t rows) {
  return std::all_of(columns.begin(), columns.end(), [=](const column& values) {
    return fits(values, kind::doubles, rows, false);
  });
}

column text_column(text_list&& texts) {
  return column{std::move(texts.offsets), std::move(texts.characters)};
}

template <class T>
std::vector<T> gather_values(std::span<const T> values,
                             std::span<const std::uint32_t> rows) {
  auto gathered = std::vector<T>{};
  if (values.empty())
    return gathered;
  gathered.reserve(rows.size());
  for (const auto row : rows)
    gathered.push_back(values[row]);
  return gathered;
}

column gather_column(const column& values,
                     std::span<const std::uint32_t> rows) {
  if (values.size() == 0)
    return values;
  switch (values.type()) {
    case kind::doubles:
      return column{gather_values(values.doubles(), rows)};
    case kind::integers:
      return column{gather_values(values.integers(), rows)};
    case kind::counts:
      return column{gather_values(values.counts(), rows)};
    case kind::bytes:
      return column{gather_values(values.bytes(), rows)};
    case kind::texts:
    case kind::blobs:
      break;
  }
  auto texts = text_list{};
  for (const auto row : rows)
    texts.add(values.text(row));
  return text_column(std::move(texts));
}

/// Applies `f` to every column that has rows.
template <class F>
item_block map_columns(const item_block& items, std::size_t rows, F f) {
  const auto apply = [&](const column& values) {
    return values.size() == 0 ? values : f(values);
  };
  auto result = item_block{};
  result.rows = rows;
  result.has_ids = items.has_ids;
  result.ids = apply(items.ids);
  result.titles = apply(items.titles);
  result.digests = apply(items.digests);
  result.has_financials = apply(items.has_financials);
  const auto apply_all
    = [&](const std::vector<column>& from, std::vector<column>& to) {
        for (const auto& values : from)
          to.push_back(apply(values));
      };
  apply_all(items.values, result.values);
  apply_all(items.financials, result.financials);
  apply_all(items.details, result.details);
  return result;
}

/// Details come in the order of their names in `item_batch`.
bool is_sound_details(const std::vector<column>& details, std::size_t rows) {
  constexpr auto kinds
    = std::array{kind::texts,   kind::bytes,   kind::bytes,
                 kind::doubles, kind::doubles, kind::doubles};
  static_assert(kinds.size() == detail_count);
  for (std::size_t i = 0; i < details.size(); ++i)
    if (!fits(details[i], kinds[i], rows, false))
      return false;
  return true;
}

bool is_sound(const item_block& items) {
  const auto rows = items.rows;
  // Readers of the flags do not look at the figures first.
  if (items.has_financials.type() != kind::bytes
      || (!items.financials.empty()
          && items.financials.size() != financial_figure_count))
    return false;
  return fits(items.ids, kind::texts, rows, !items.has_ids)
         && fits(items.titles, kind::texts, rows, true)
         && fits(items.digests, kind::integers, rows, true)
         && fits(items.has_financials, kind::bytes, rows,
                 items.financials.empty())
         && all_doubles(items.values, rows)
         && all_doubles(items.financials, rows)
         && is_sound_details(items.details, rows);
}

} // namespace

item_view item_block::view() const {
  auto result = item_view{};
  result.rows = rows;
  for (const auto& column : values)
    result.values.push_back(column.doubles());
  for (const auto& column : financials)
    result.financials.push_back(column.doubles());
  result.has_financials = has_financials.bytes();
  return result;
}

column_block pack(item_batch&& batch) {
  auto items = item_block{};
  items.rows = batch.rows;
  items.has_ids = batch.ids.size() == batch.rows;
  items.ids = text_column(std::move(batch.ids));
  if (batch.titles.size() == batch.rows)
    items.titles = text_column(std::move(batch.titles));
  auto digests
    = std::vector<std::int64_t>(batch.digests.begin(), batch.digests.end());
  items.digests = column{std::move(digests)};
  items.has_financials = column{std::move(batch.has_financials)};
  for (auto& values : batch.values)
    items.values.emplace_back(std::move(values));
  for (auto& figures : batch.financials)
    items.financials.emplace_back(std::move(figures));
  if (batch.types.size() == batch.rows && batch.parents.size() == batch.rows) {
    items.details.push_back(text_column(std::move(batch.parents)));
    items.details.emplace_back(std::move(batch.types));
    items.details.emplace_back(std::move(batch.states));
    items.details.emplace_back(std::move(batch.story_points));
    items.details.emplace_back(std::move(batch.complexities));
    items.details.emplace_back(std::move(batch.risks));
  }
  return pack(items);
}

column_block pack(const item_block& items) {
  const auto count
    = [](const auto& size) { return static_cast<std::uint32_t>(size); };
  auto columns = std::vector<column>{
    header({count(items.rows), items.has_ids ? 1u : 0u,
            count(items.values.size()), count(items.financials.size()),
            count(items.details.size())}),
    items.ids,
    items.titles,
    items.digests,
    items.has_financials,
  };
  for (const auto* list : {&items.values, &items.financials, &items.details})
    columns.insert(columns.end(), list->begin(), list->end());
  return column_block{std::move(columns)};
}

std::optional<item_block> unpack_items(const column_block& block) {
  const auto head = read_header(block, 5);
  if (head.empty())
    return std::nullopt;
  const auto sizes = std::size_t{5} + head[2] + head[3] + head[4];
  if (block.size() != sizes || head[1] > 1
      || (head[4] != 0 && head[4] != detail_count))
    return std::nullopt;
  auto items = item_block{};
  items.rows = head[0];
  items.has_ids = head[1] != 0;
  items.ids = block[1];
  items.titles = block[2];
  items.digests = block[3];
  items.has_financials = block[4];
  items.values = columns_of(block, 5, head[2]);
  items.financials = columns_of(block, std::size_t{5} + head[2], head[3]);
  items.details
    = columns_of(block, std::size_t{5} + head[2] + head[3], head[4]);
  if (!is_sound(items))
    return std::nullopt;
  return items;
}

item_block slice(const item_block& items, std::size_t first,
                 std::size_t count) {
  return map_columns(items, count, [=](const column& values) {
    return values.slice(first, count);
  });
}

item_block gather(const item_block& items,
                  std::span<const std::uint32_t> rows) {
  return map_columns(items, rows.size(), [=](const column& values) {
    return gather_column(values, rows);
  });
}

column_block pack(strategic_batch&& batch) {
  auto columns = std::vector<column>{
    header({static_cast<std::uint32_t>(batch.rows),
            static_cast<std::uint32_t>(batch.categories.size()),
            static_cast<std::uint32_t>(batch.values.size())}),
    column{std::move(batch.raw)},
    column{std::move(batch.completeness)},
  };
  for (auto& scores : batch.categories)
    columns.emplace_back(std::move(scores));
  for (auto& values : batch.values)
    columns.emplace_back(std::move(values));
  return column_block{std::move(columns)};
}

std::optional<strategic_block> unpack_strategic(const column_block& block) {
  const auto head = read_header(block, 3);
  if (head.empty() || block.size() != std::size_t{3} + head[1] + head[2])
    return std::nullopt;
  auto result = strategic_block{};
  result.rows = head[0];
  result.raw = block[1];
  result.completeness = block[2];
  result.categories = columns_of(block, 3, head[1]);
  result.values = columns_of(block, std::size_t{3} + head[1], head[2]);
  const auto is_right
    = fits(result.raw, kind::doubles, result.rows, false)
      && fits(result.completeness, kind::doubles, result.rows, true)
      && all_doubles(result.categories, result.rows)
      && all_doubles(result.values, result.rows);
  if (!is_right)
    return std::nullopt;
  return result;
}

strategic_batch scores_of(const strategic_block& block) {
  auto batch = strategic_batch{};
  batch.rows = block.rows;
  const auto raw = block.raw.doubles();
  batch.raw.assign(raw.begin(), raw.end());
  if (block.completeness.size() != 0) {
    const auto completeness = block.completeness.doubles();
    batch.completeness.assign(completeness.begin(), completeness.end());
  }
  return batch;
}

column_block pack(total_batch&& batch) {
  return column_block{{
    column{std::move(batch.strategic)},
    column{std::move(batch.financial)},
    column{std::move(batch.financial_normalised)},
    column{std::move(batch.penalty)},
    column{std::move(batch.total)},
  }};
}

namespace {

/// Zeros, shared by all blocks of a usual size.
column zeros(std::size_t rows) {
  static const auto usual = column{std::vector<double>(std::size_t{1} << 16)};
  return rows <= usual.size() ? usual.slice(0, rows)
                              : column{std::vector<double>(rows)};
}

} // namespace

column_block totals_of_strategic(const column_block& strategic) {
  const auto& raw = strategic[1];
  const auto nothing = zeros(raw.size());
  return column_block{{raw, nothing, nothing, column{}, raw}};
}

std::optional<total_block> unpack_totals(const column_block& block) {
  if (block.size() != 5)
    return std::nullopt;
  auto result = total_block{};
  result.rows = block[4].size();
  result.strategic = block[0];
  result.financial = block[1];
  result.financial_normalised = block[2];
  result.penalty = block[3];
  result.total = block[4];
  for (std::size_t i = 0; i < 5; ++i)
    if (!fits(block[i], kind::doubles, result.rows, i == 3))
      return std::nullopt;
  return result;
}

column_block join(const column_block& first, const column_block& second) {
  auto columns = columns_of(first, 0, first.size());
  for (std::size_t i = 0; i < second.size(); ++i)
    columns.push_back(second[i]);
  return column_block{std::move(columns)};
}

column_block part(const column_block& block, std::size_t first,
                  std::size_t size) {
  return column_block{columns_of(block, first, size)};
}

} // namespace troupe::scoring
