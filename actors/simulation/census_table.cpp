#include "actors/simulation/census_table.hpp"

#include "runtime/config/problem_order.hpp"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe::simulation {

using runtime::problem;

namespace {

/// Inlined into the sorts, unlike a function.
constexpr auto rank_of = [](const auto& each) {
  return std::pair{each.rank, each.row};
};

} // namespace

std::uint64_t derive_key(std::string_view id) noexcept {
  return XXH3_64bits(id.data(), id.size()) % census_key_end;
}

runtime::outcome<void> census_table::add(const census_row& row) {
  constexpr auto bytes_max
    = std::size_t{std::numeric_limits<std::uint32_t>::max()};
  if (ids_.characters.size() + row.id.size() > bytes_max)
    return runtime::fail(problem_at(row.line, id_column_,
                                    "the ids are longer than 4 GiB together",
                                    "split the census"));
  rows_.key.push_back(row.key ? *row.key : derive_key(row.id));
  rows_.birth_date.push_back(row.birth_date);
  rows_.hire_date.push_back(row.hire_date);
  rows_.pay.push_back(row.pay);
  rows_.deferral.push_back(row.deferral);
  rows_.level.push_back(row.level);
  rows_.plan.push_back(row.deferral > 0 ? enrollment::enrolled
                                        : enrollment::none);
  ids_.characters += row.id;
  ids_.offsets.push_back(static_cast<std::uint32_t>(ids_.characters.size()));
  lines_.push_back(row.line);
  return {};
}

checked<census> census_table::finish(duplicate_policy policy) && {
  auto to = census{};
  auto problems = std::vector<problem>{};
  is_dropped_.assign(rows_.size(), false);
  auto order = settle_duplicates(policy, to, problems);
  sort_by_key(order, problems);
  if (order.empty())
    problems.push_back(problem_at(0, {}, "nobody is in the census",
                                  "a projection needs at least one person"));
  if (!problems.empty())
    return tl::unexpected{runtime::in_file_order(std::move(problems))};
  copy_in_order(order, to);
  return to;
}

std::vector<census_table::ranked_row>
census_table::settle_duplicates(duplicate_policy policy, census& to,
                                std::vector<problem>& problems) {
  // Rows of one id have one rank, whichever of the two it is.
  auto order = std::vector<ranked_row>(rows_.size());
  for (auto i = std::uint32_t{0}; i < order.size(); ++i)
    order[i]
      = {key_column_.empty() ? rows_.key[i]
                             : XXH3_64bits(ids_[i].data(), ids_[i].size()),
         i};
  std::ranges::sort(order, {}, rank_of);
  // Of the ids that share a hash: the row of each that stays so far.
  auto kept = std::vector<std::uint32_t>{};
  for (auto i = std::size_t{0}; i < order.size(); ++i) {
    if (i == 0 || order[i].rank != order[i - 1].rank)
      kept.clear();
    const auto row = order[i].row;
    const auto same = std::ranges::find_if(kept, [&](std::uint32_t other) {
      return ids_[other] == ids_[row];
    });
    if (same == kept.end())
      kept.push_back(row);
    else
      *same = settle_pair(*same, row, policy, to, problems);
  }
  std::ranges::sort(to.duplicates, {}, &duplicate_row::dropped_line);
  if (!to.duplicates.empty() || !problems.empty())
    std::erase_if(order, [this](const ranked_row& each) {
      return is_dropped_[each.row];
    });
  return order;
}

std::uint32_t census_table::settle_pair(std::uint32_t first,
                                        std::uint32_t second,
                                        duplicate_policy policy, census& to,
                                        std::vector<problem>& problems) {
  const auto id = std::string{ids_[first]};
  if (policy == duplicate_policy::refuse) {
    // The first stays, so that every later one is told.
    is_dropped_[second] = true;
    problems.push_back(problem_at(
      lines_[second], id_column_, "the employee \"" + id + "\" appears twice",
      "it is already on line " + std::to_string(lines_[first])));
    return first;
  }
  const auto rank = [&](std::uint32_t row) {
    return std::pair{rows_.hire_date[row], rows_.pay[row]};
  };
  const auto dropped = rank(second) > rank(first) ? first : second;
  const auto kept = dropped == first ? second : first;
  is_dropped_[dropped] = true;
  const auto* reason = "the same as the row kept";
  if (rows_.hire_date[kept] != rows_.hire_date[dropped])
    reason = "hired earlier than the row kept says";
  else if (rows_.pay[kept] != rows_.pay[dropped])
    reason = "lower pay than in the row kept";
  to.duplicates.push_back({id, lines_[kept], lines_[dropped], reason});
  return kept;
}

void census_table::sort_by_key(std::vector<ranked_row>& order,
                               std::vector<problem>& problems) const {
  if (!key_column_.empty()) {
    // Many files are in this order already.
    order.clear();
    for (auto i = std::uint32_t{0}; i < rows_.size(); ++i)
      if (!is_dropped_[i])
        order.push_back({rows_.key[i], i});
    if (!std::ranges::is_sorted(order, {}, rank_of))
      std::ranges::sort(order, {}, rank_of);
  }
  for (auto i = std::size_t{1}; i < order.size(); ++i) {
    if (order[i].rank != order[i - 1].rank)
      continue;
    const auto [first, second] = std::pair{order[i - 1].row, order[i].row};
    problems.push_back(problem_at(
      lines_[second], key_column_.empty() ? id_column_ : key_column_,
      "\"" + std::string{ids_[first]} + "\" (line "
        + std::to_string(lines_[first]) + ") and \"" + std::string{ids_[second]}
        + "\" have the same key " + std::to_string(order[i].rank),
      key_column_.empty() ? "give the census a column of unique keys"
                          : "give everybody a key of their own"));
  }
}

problem census_table::problem_at(std::uint64_t line, std::string column,
                                 std::string message, std::string hint) const {
  return {runtime::problem_kind::invalid_input,
          std::move(message),
          file_,
          static_cast<std::size_t>(line),
          0,
          std::move(column),
          std::move(hint)};
}

void census_table::copy_in_order(const std::vector<ranked_row>& order,
                                 census& to) const {
  auto& staff = to.staff;
  staff.resize(order.size());
  to.ids.offsets.reserve(order.size() + 1);
  to.ids.characters.reserve(ids_.characters.size());
  for (auto i = std::size_t{0}; i < order.size(); ++i) {
    const auto row = order[i].row;
    staff.set(i, rows_, row);
    to.ids.characters += ids_[row];
    to.ids.offsets.push_back(
      static_cast<std::uint32_t>(to.ids.characters.size()));
  }
}

} // namespace troupe::simulation
