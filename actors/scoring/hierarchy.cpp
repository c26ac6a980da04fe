#include "actors/scoring/hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace troupe::scoring {

namespace {

work_item_type type_at(const hierarchy_view& items, std::size_t row) {
  return row < items.types.size()
           ? static_cast<work_item_type>(items.types[row])
           : work_item_type::none;
}

double number_at(std::span<const double> column, std::size_t row) {
  return row < column.size() ? column[row] : missing_value;
}

std::string quoted(std::string_view id) {
  return '"' + std::string{id} + '"';
}

std::string quoted(work_item_type type) {
  return type == work_item_type::none ? "item without a type"
                                      : std::string{to_string(type)};
}

void link(const hierarchy_view& items, hierarchy& result) {
  const auto rows = items.ids.size();
  auto row_of = std::unordered_map<std::string_view, std::uint32_t>{};
  row_of.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row)
    row_of.emplace(items.ids[row], static_cast<std::uint32_t>(row));
  for (std::size_t row = 0; row < rows && row < items.parents.size(); ++row) {
    const auto parent = items.parents[row];
    if (parent.empty())
      continue;
    const auto self = static_cast<std::uint32_t>(row);
    const auto found = row_of.find(parent);
    if (found == row_of.end()) {
      result.warnings.push_back({hierarchy_warning::kind::unknown_parent,
                                 {self},
                                 "item " + quoted(items.ids[row])
                                   + " has the unknown parent "
                                   + quoted(parent)});
      continue;
    }
    result.parents[row] = found->second;
    const auto type = type_at(items, row);
    const auto above = type_at(items, found->second);
    if (!is_legal_parent(type, above))
      result.warnings.push_back({hierarchy_warning::kind::wrong_parent_type,
                                 {self},
                                 quoted(type) + " " + quoted(items.ids[row])
                                   + " is below " + quoted(above) + " "
                                   + quoted(parent)});
  }
}

/// Every item has at most one parent, so a walk upwards meets a cycle at most
/// once. An item is coloured by the walk that first came by; a walk that meets
/// its own colour has closed a cycle.
std::vector<std::vector<std::uint32_t>>
find_cycles(const std::vector<std::uint32_t>& parents) {
  auto cycles = std::vector<std::vector<std::uint32_t>>{};
  auto colour = std::vector<std::uint32_t>(parents.size());
  for (std::uint32_t start = 0; start < parents.size(); ++start) {
    const auto own = start + 1;
    auto at = start;
    while (at != no_parent && colour[at] == 0) {
      colour[at] = own;
      at = parents[at];
    }
    if (at == no_parent || colour[at] != own)
      continue;
    auto members = std::vector<std::uint32_t>{};
    const auto entry = at;
    do {
      members.push_back(at);
      at = parents[at];
    } while (at != entry);
    std::rotate(members.begin(),
                std::min_element(members.begin(), members.end()),
                members.end());
    cycles.push_back(std::move(members));
  }
  return cycles;
}

/// Sums on their way up, with the counts that means need.
struct running_sums {
  double risk = 0.0;
  double complexity = 0.0;
  std::uint32_t risks = 0;
  std::uint32_t complexities = 0;
};

void start_sums(const hierarchy_view& items, std::size_t row, rolled_up& sums,
                running_sums& running) {
  const auto points = number_at(items.story_points, row);
  sums.story_points = std::isnan(points) ? 0.0 : points;
  const auto state = row < items.states.size()
                       ? static_cast<work_item_state>(items.states[row])
                       : work_item_state::none;
  if (state == work_item_state::closed || state == work_item_state::resolved)
    sums.completed = sums.story_points;
  if (state == work_item_state::cancelled || state == work_item_state::deferred
      || state == work_item_state::removed)
    sums.cancelled = sums.story_points;
  const auto risk = number_at(items.risks, row);
  if (!std::isnan(risk))
    running = {risk, running.complexity, 1, running.complexities};
  const auto complexity = number_at(items.complexities, row);
  if (!std::isnan(complexity))
    running = {running.risk, complexity, running.risks, 1};
}

void add(rolled_up& to, running_sums& running, const rolled_up& from,
         const running_sums& other) {
  to.descendants += from.descendants + 1;
  to.story_points += from.story_points;
  to.completed += from.completed;
  to.cancelled += from.cancelled;
  running.risk += other.risk;
  running.complexity += other.complexity;
  running.risks += other.risks;
  running.complexities += other.complexities;
}

void finish(rolled_up& sums, const running_sums& running) {
  if (sums.story_points != 0.0)
    sums.completion_percent = sums.completed / sums.story_points * 100.0;
  if (running.risks > 0)
    sums.mean_risk = running.risk / running.risks;
  if (running.complexities > 0)
    sums.mean_complexity = running.complexity / running.complexities;
}

/// Hands sums from the leaves upwards. An item is ready when all its children
/// are; the members of a cycle never are, and so end where they should.
void roll_up(const hierarchy_view& items, hierarchy& result) {
  const auto rows = result.parents.size();
  auto running = std::vector<running_sums>(rows);
  auto children = std::vector<std::uint32_t>(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    start_sums(items, row, result.sums[row], running[row]);
    if (result.parents[row] != no_parent)
      ++children[result.parents[row]];
  }
  auto ready = std::vector<std::uint32_t>{};
  ready.reserve(rows);
  for (std::uint32_t row = 0; row < rows; ++row)
    if (children[row] == 0)
      ready.push_back(row);
  for (std::size_t i = 0; i < ready.size(); ++i) {
    const auto row = ready[i];
    const auto parent = result.parents[row];
    if (parent == no_parent)
      continue;
    add(result.sums[parent], running[parent], result.sums[row], running[row]);
    if (--children[parent] == 0)
      ready.push_back(parent);
  }
  for (std::size_t row = 0; row < rows; ++row)
    finish(result.sums[row], running[row]);
}

} // namespace

hierarchy_view hierarchy_of(const item_batch& batch) {
  return {{batch.ids.offsets, batch.ids.characters},
          {batch.parents.offsets, batch.parents.characters},
          batch.types,
          batch.states,
          batch.story_points,
          batch.complexities,
          batch.risks};
}

bool is_legal_parent(work_item_type child, work_item_type parent) noexcept {
  if (parent == work_item_type::none)
    return child != work_item_type::epic;
  switch (child) {
    case work_item_type::user_story:
      return parent == work_item_type::feature
             || parent == work_item_type::program_increment_objective;
    case work_item_type::feature:
      return parent == work_item_type::epic
             || parent == work_item_type::program_increment_objective;
    case work_item_type::program_increment_objective:
      return parent == work_item_type::epic;
    case work_item_type::epic:
      return false;
    default:
      return true;
  }
}

hierarchy build_hierarchy(const hierarchy_view& items) {
  const auto rows = items.ids.size();
  auto result = hierarchy{};
  result.parents.assign(rows, no_parent);
  result.sums.resize(rows);
  link(items, result);
  for (auto& members : find_cycles(result.parents)) {
    auto message = std::string{"items are their own ancestors: "};
    for (std::size_t i = 0; i < members.size() && i < 20; ++i)
      message += quoted(items.ids[members[i]]) + " below ";
    message += members.size() > 20 ? "..." : quoted(items.ids[members.front()]);
    result.warnings.push_back(
      {hierarchy_warning::kind::cycle, std::move(members), std::move(message)});
  }
  roll_up(items, result);
  return result;
}

} // namespace troupe::scoring
