#include "actors/simulation/next_people.hpp"

#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/year_row_columns.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace troupe::simulation {

using messages::column;
using messages::column_block;
using kind = messages::column::kind;

namespace {

/// Where rows have what people have, in the order of these.
constexpr auto columns_of_people
  = std::array<std::size_t, people_column_count>{0, 3, 4, 1, 6, 8, 11};
constexpr auto termination_date = std::size_t{5};

using row_list = std::vector<std::uint32_t>;

/// Rows of those who stay; `last_days` has the bits of signed numbers.
row_list rows_of_staying(std::span<const std::uint32_t> last_days) {
  auto rows = row_list(last_days.size());
  auto count = std::size_t{0};
  for (auto at = std::size_t{0}; at < last_days.size(); ++at) {
    // Without a branch: overwritten by the next unless this one stays.
    rows[count] = static_cast<std::uint32_t>(at);
    count += std::size_t{last_days[at] == static_cast<std::uint32_t>(no_day)};
  }
  rows.resize(count);
  return rows;
}

template <class Value>
column pick(std::span<const Value> from, const row_list& rows) {
  const auto owner = std::make_shared_for_overwrite<Value[]>(rows.size());
  const auto to = std::span<Value>{owner.get(), rows.size()};
  for (auto at = std::size_t{0}; at < rows.size(); ++at)
    to[at] = from[rows[at]];
  return column::borrow(std::span<const Value>{to}, owner);
}

column pick(const column& from, const row_list& rows) {
  switch (from.type()) {
    case kind::integers:
      return pick(from.integers(), rows);
    case kind::counts:
      return pick(from.counts(), rows);
    default:
      return pick(from.bytes(), rows);
  }
}

/// Columns that are as long as the first, of one of the kinds of people.
bool are_rows(const column_block& block, std::size_t first) {
  using enum column::kind;
  constexpr auto kinds
    = std::array{integers, integers, integers, counts, counts, counts,
                 counts,   bytes,    bytes,    bytes,  bytes,  bytes};
  static_assert(kinds.size() == row_column_count);
  if (block.size() < first + kinds.size())
    return false;
  for (auto at = std::size_t{0}; at < kinds.size(); ++at)
    if (block[first + at].type() != kinds[at]
        || block[first + at].size() != block[first].size())
      return false;
  return true;
}

} // namespace

std::optional<column_block> without_next_people(const column_block& made) {
  if (!are_rows(made, people_column_count + event_column_count))
    return std::nullopt;
  auto rest = column_list{};
  for (auto at = people_column_count; at < made.size(); ++at)
    rest.push_back(made[at]);
  return column_block{std::move(rest)};
}

std::optional<column_block> with_next_people(const column_block& rest) {
  constexpr auto first = event_column_count;
  if (!are_rows(rest, first))
    return std::nullopt;
  const auto staying = rows_of_staying(rest[first + termination_date].counts());
  auto made = column_list{};
  for (const auto at : columns_of_people)
    made.push_back(pick(rest[first + at], staying));
  for (auto at = std::size_t{0}; at < rest.size(); ++at)
    made.push_back(rest[at]);
  return column_block{std::move(made)};
}

} // namespace troupe::simulation
