#include "actors/scoring/run_difference.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <utility>

namespace troupe::scoring {

using json = nlohmann::json;
using runtime::fail;
using runtime::outcome;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

constexpr std::size_t changes_max = 100;
constexpr std::size_t depth_max = 16;

/// Changes up to this are the rounding of sums.
constexpr double noise_max = 1e-15;

// -- configurations -----------------------------------------------------------

using leaf_map = std::map<std::string, std::string>;

/// What an element of a list is called: its id, or its place.
std::string name_of(const json& element, std::size_t place) {
  if (element.is_object())
    for (const auto* key : {"criterion_id", "name"})
      if (const auto found = element.find(key);
          found != element.end() && found->is_string())
        return found->get<std::string>();
  return std::to_string(place);
}

/// Gathers the values that have no parts, by path. `depth` bounds the
/// recursion.
void flatten(const json& value, const std::string& path, std::size_t depth,
             leaf_map& to) {
  if (depth < depth_max && value.is_object() && !value.empty()) {
    for (const auto& [key, part] : value.items()) {
      auto name = path;
      if (!name.empty())
        name += '.';
      name += key;
      flatten(part, name, depth + 1, to);
    }
    return;
  }
  if (depth < depth_max && value.is_array() && !value.empty()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      flatten(value[i], path + "[" + name_of(value[i], i) + "]", depth + 1, to);
    return;
  }
  to[path] = value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The list element that a path leads through; empty: none.
std::string element_of(const std::string& path) {
  const auto end = path.find(']');
  return end == std::string::npos ? std::string{} : path.substr(0, end + 1);
}

bool has_element(const leaf_map& leaves, const std::string& element) {
  const auto at = leaves.lower_bound(element);
  return at != leaves.end() && at->first.starts_with(element);
}

/// Adds what `leaves` has as one side of the changes; an element of a list that
/// the other side lacks altogether is one change.
void add_side(const leaf_map& leaves, const leaf_map& others,
              std::string configuration_change::*side,
              std::map<std::string, configuration_change>& to) {
  for (const auto& [path, value] : leaves) {
    const auto element = element_of(path);
    const auto is_lone = !element.empty() && !has_element(others, element);
    const auto& key = is_lone ? element : path;
    auto& change = to[key];
    change.key = key;
    change.*side = is_lone ? "present" : value;
  }
}

// -- parts --------------------------------------------------------------------

/// A part of either side; absent: all zero.
struct matched_part {
  const contribution* before = nullptr;
  const contribution* after = nullptr;
};

part_change change_of(const matched_part& part) {
  const auto& named = part.after != nullptr ? *part.after : *part.before;
  auto change = part_change{};
  change.label = named.label;
  change.kind = named.kind;
  change.before = part.before == nullptr ? 0.0 : part.before->amount;
  change.after = part.after == nullptr ? 0.0 : part.after->amount;
  change.change = change.after - change.before;
  const auto is_split = part.before != nullptr && part.after != nullptr
                        && std::isfinite(part.before->value)
                        && std::isfinite(part.after->value);
  const auto is_lone = part.before == nullptr || part.after == nullptr;
  if (is_split)
    change.from_weights = (part.after->weight - part.before->weight)
                          * (part.after->value + part.before->value) / 2.0;
  else if (is_lone)
    change.from_weights = change.change;
  change.from_values = change.change - change.from_weights;
  return change;
}

// -- moves --------------------------------------------------------------------

/// A candidate for a list of moves.
struct move_key {
  double size = 0.0;
  std::int64_t row = 0;
  std::string id;

  /// Whether this comes first: the larger, of equals the earlier.
  friend bool operator<(const move_key& left, const move_key& right) {
    if (left.size != right.size)
      return left.size > right.size;
    return left.row < right.row;
  }
};

/// The first `limit` candidates; the last of them is on top.
class best_moves {
public:
  explicit best_moves(std::size_t limit) : limit_{limit} {}

  void offer(double size, std::int64_t row, std::string_view id) {
    if (!(size > 0.0) || limit_ == 0)
      return;
    if (kept_.size() == limit_) {
      // Rows come in order, so an equal one is behind those kept.
      if (size <= kept_.top().size)
        return;
      kept_.pop();
    }
    kept_.push({size, row, std::string{id}});
  }

  /// Their ids, the first candidate first.
  std::vector<std::string> take() {
    auto ids = std::vector<std::string>(kept_.size());
    for (auto at = ids.rbegin(); at != ids.rend(); ++at) {
      *at = kept_.top().id;
      kept_.pop();
    }
    return ids;
  }

private:
  std::size_t limit_;
  std::priority_queue<move_key> kept_;
};

/// Two runs with their formulas.
struct compared_runs {
  scoring_history& history;
  run_formula before;
  run_formula after;
  std::size_t top = 0;
};

/// Counts over all shared items; the ids of those that moved most.
outcome<std::pair<std::vector<std::string>, std::vector<std::string>>>
measure_moves(const compared_runs& runs, run_difference& to) {
  auto by_total = best_moves{runs.top};
  auto by_rank = best_moves{runs.top};
  auto sum = 0.0;
  auto absolute_sum = 0.0;
  const auto parameters
    = std::vector<sql_value>{to.before.number, to.after.number};
  const auto read = runs.history.reader().query(
    "SELECT a.row, a.item_id, a.total, b.total, a.overall_rank, b.overall_rank"
    " FROM scoring_items a JOIN scoring_items b"
    " ON b.run = ?2 AND b.item_id = a.item_id"
    " WHERE a.run = ?1 ORDER BY a.run, a.row",
    parameters, [&](const sqlite_row& row) {
      const auto change = row.real(3) - row.real(2);
      const auto fall = row.integer(5) - row.integer(4);
      ++to.shared;
      to.changed += change != 0.0 ? 1 : 0;
      to.risen += fall < 0 ? 1 : 0;
      to.fallen += fall > 0 ? 1 : 0;
      sum += change;
      absolute_sum += std::abs(change);
      by_total.offer(std::abs(change), row.integer(0), row.text(1));
      by_rank.offer(std::abs(static_cast<double>(fall)), row.integer(0),
                    row.text(1));
    });
  if (!read)
    return fail(read.error());
  if (to.shared != 0) {
    to.mean_change = sum / static_cast<double>(to.shared);
    to.mean_absolute_change = absolute_sum / static_cast<double>(to.shared);
  }
  return std::pair{by_total.take(), by_rank.take()};
}

outcome<std::vector<item_move>>
describe_moves(const compared_runs& runs, const run_difference& of,
               const std::vector<std::string>& ids) {
  auto moves = std::vector<item_move>{};
  for (const auto& id : ids) {
    const auto before = runs.history.load_item(of.before, runs.before, id);
    if (!before)
      return fail(before.error());
    const auto after = runs.history.load_item(of.after, runs.after, id);
    if (!after)
      return fail(after.error());
    auto move = item_move{};
    move.id = id;
    move.title = after->title;
    move.rank_before = before->ranks.overall;
    move.rank_after = after->ranks.overall;
    move.total_before = before->scores.item.total;
    move.total_after = after->scores.item.total;
    move.parts = compare_parts(runs.before, before->scores.item, runs.after,
                               after->scores.item);
    moves.push_back(std::move(move));
  }
  return moves;
}

/// Items of `run` that `other` lacks.
outcome<std::vector<lone_item>> lone_items(scoring_history& history,
                                           const stored_run& run,
                                           const stored_run& other,
                                           std::size_t top) {
  auto items = std::vector<lone_item>{};
  const auto parameters = std::vector<sql_value>{
    run.number, other.number, static_cast<std::int64_t>(top)};
  const auto read = history.reader().query(
    "SELECT item_id, title, overall_rank, total FROM scoring_items a"
    " WHERE run = ?1 AND NOT EXISTS (SELECT 1 FROM scoring_items b"
    " WHERE b.run = ?2 AND b.item_id = a.item_id)"
    " ORDER BY overall_rank LIMIT ?3",
    parameters, [&](const sqlite_row& row) {
      items.push_back({std::string{row.text(0)}, std::string{row.text(1)},
                       static_cast<std::uint64_t>(row.integer(2)),
                       row.real(3)});
    });
  if (!read)
    return fail(read.error());
  return items;
}

outcome<void> compare_items(const compared_runs& runs, run_difference& to) {
  const auto ids = measure_moves(runs, to);
  if (!ids)
    return fail(ids.error());
  auto by_total = describe_moves(runs, to, ids->first);
  if (!by_total)
    return fail(by_total.error());
  to.by_total = std::move(*by_total);
  auto by_rank = describe_moves(runs, to, ids->second);
  if (!by_rank)
    return fail(by_rank.error());
  to.by_rank = std::move(*by_rank);
  to.added = to.after.items - std::min(to.after.items, to.shared);
  to.removed = to.before.items - std::min(to.before.items, to.shared);
  if (to.added != 0) {
    auto added = lone_items(runs.history, to.after, to.before, runs.top);
    if (!added)
      return fail(added.error());
    to.added_items = std::move(*added);
  }
  if (to.removed != 0) {
    auto removed = lone_items(runs.history, to.before, to.after, runs.top);
    if (!removed)
      return fail(removed.error());
    to.removed_items = std::move(*removed);
  }
  return {};
}

} // namespace

std::vector<configuration_change>
compare_configurations(const std::string& before, const std::string& after) {
  auto changes = std::vector<configuration_change>{};
  if (before == after)
    return changes;
  auto old_leaves = leaf_map{};
  auto new_leaves = leaf_map{};
  flatten(json::parse(before, nullptr, false), {}, 0, old_leaves);
  flatten(json::parse(after, nullptr, false), {}, 0, new_leaves);
  auto merged = std::map<std::string, configuration_change>{};
  add_side(old_leaves, new_leaves, &configuration_change::before, merged);
  add_side(new_leaves, old_leaves, &configuration_change::after, merged);
  for (auto& [key, change] : merged)
    if (change.before != change.after && changes.size() < changes_max)
      changes.push_back(std::move(change));
  return changes;
}

std::vector<part_change> compare_parts(const run_formula& formula_before,
                                       const item_scores& before,
                                       const run_formula& formula_after,
                                       const item_scores& after) {
  const auto old_lines
    = contributions(formula_before.plan, formula_before.scales, before);
  const auto new_lines
    = contributions(formula_after.plan, formula_after.scales, after);
  const auto& old_criteria = formula_before.plan.criteria;
  const auto& new_criteria = formula_after.plan.criteria;
  auto parts = std::vector<matched_part>{};
  auto places = std::map<std::string_view, std::size_t>{};
  for (std::size_t j = 0; j < new_criteria.size(); ++j) {
    places.emplace(new_criteria[j].definition.id, j);
    parts.push_back({nullptr, &new_lines[j]});
  }
  for (std::size_t j = 0; j < old_criteria.size(); ++j) {
    const auto found = places.find(old_criteria[j].definition.id);
    if (found == places.end())
      parts.push_back({&old_lines[j], nullptr});
    else
      parts[found->second].before = &old_lines[j];
  }
  for (std::size_t i = 0; i < other_amount_count; ++i)
    parts.push_back({&old_lines[old_criteria.size() + i],
                     &new_lines[new_criteria.size() + i]});
  auto changes = std::vector<part_change>{};
  for (const auto& part : parts)
    if (auto change = change_of(part); std::abs(change.change) > noise_max)
      changes.push_back(std::move(change));
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& left, const auto& right) {
                     return std::abs(left.change) > std::abs(right.change);
                   });
  return changes;
}

outcome<run_difference> compare_runs(scoring_history& history,
                                     std::string_view before,
                                     std::string_view after, std::size_t top) {
  auto result = run_difference{};
  for (auto [name, run] :
       {std::pair{before, &result.before}, std::pair{after, &result.after}}) {
    auto found = history.find_run(name);
    if (!found)
      return fail(found.error());
    *run = std::move(*found);
  }
  auto old_formula = history.load_formula(result.before);
  if (!old_formula)
    return fail(old_formula.error());
  auto new_formula = history.load_formula(result.after);
  if (!new_formula)
    return fail(new_formula.error());
  result.configuration = compare_configurations(old_formula->configuration,
                                                new_formula->configuration);
  const auto runs = compared_runs{history, std::move(*old_formula),
                                  std::move(*new_formula), top};
  if (const auto compared = compare_items(runs, result); !compared)
    return fail(compared.error());
  return result;
}

} // namespace troupe::scoring
