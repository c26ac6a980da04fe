#include "actors/scoring/what_if.hpp"

#include "actors/scoring/ranking.hpp"
#include "actors/scoring/refusal.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;

namespace {

/// How far a sum of weights may be from 1, as in a configuration.
constexpr auto sum_tolerance = 1e-6;

const category& category_of(const scoring_plan& plan, std::size_t criterion) {
  return plan.categories[plan.criteria[criterion].category];
}

const std::string& id_of(const scoring_plan& plan, std::size_t criterion) {
  return plan.criteria[criterion].definition.id;
}

bool has_category(const scoring_plan& plan, std::string_view id) {
  return std::any_of(plan.categories.begin(), plan.categories.end(),
                     [&](const category& one) { return one.id == id; });
}

std::optional<std::size_t> find_criterion(const scoring_plan& plan,
                                          std::string_view id) {
  for (std::size_t j = 0; j < plan.criteria.size(); ++j)
    if (id_of(plan, j) == id)
      return j;
  return std::nullopt;
}

std::string full_name(const scoring_plan& plan, std::size_t criterion) {
  return category_of(plan, criterion).id + "." + id_of(plan, criterion);
}

// -- what is typed ------------------------------------------------------------

/// The known name most like this one, or all categories.
std::string name_hint(const scoring_plan& plan, std::string_view name) {
  const auto meant = [](std::string_view word) {
    return "did you mean \"" + std::string{word} + "\"?";
  };
  // A right criterion in a wrong category.
  if (const auto dot = name.rfind('.'); dot != std::string_view::npos)
    if (const auto found = find_criterion(plan, name.substr(dot + 1)))
      return meant(full_name(plan, *found));
  auto names = std::vector<std::string>{};
  auto categories = std::string{};
  for (const auto& one : plan.categories) {
    names.push_back(one.id);
    categories += (categories.empty() ? "" : ", ") + one.id;
  }
  for (std::size_t j = 0; j < plan.criteria.size(); ++j)
    names.push_back(full_name(plan, j));
  for (std::size_t j = 0; j < plan.criteria.size(); ++j)
    names.push_back(id_of(plan, j));
  const auto views = std::vector<std::string_view>(names.begin(), names.end());
  if (const auto nearest = runtime::nearest_word(name, views))
    return meant(*nearest);
  return "the categories are " + categories + "; a criterion is CATEGORY.ID";
}

std::optional<double> number_of(std::string_view text) {
  auto number = 0.0;
  const auto [end, error]
    = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// Adds one weight by its name.
outcome<void> add_weight(const scoring_plan& plan, const std::string& name,
                         double weight, weight_change& to) {
  const auto twice = [&] {
    return refuse("\"" + name + "\" is given more than once", name,
                  "give each weight once");
  };
  if (has_category(plan, name)) {
    if (!to.categories.emplace(name, weight).second)
      return twice();
    return {};
  }
  for (std::size_t j = 0; j < plan.criteria.size(); ++j)
    if (name == id_of(plan, j) || name == full_name(plan, j)) {
      if (!to.criteria.emplace(id_of(plan, j), weight).second)
        return twice();
      return {};
    }
  return refuse("unknown category or criterion \"" + name + "\"", name,
                name_hint(plan, name));
}

// -- sums ---------------------------------------------------------------------

std::string rounded(double number) {
  auto text = std::array<char, 32>{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

/// One of a group of weights that sum to 1.
struct group_member {
  std::string_view id;
  double weight = 0.0;
};

/// Gives those of the group that are named their weight, and the others the
/// rest. `group`: what it is called.
outcome<void> share_out(std::vector<group_member>& members,
                        const std::map<std::string, double, std::less<>>& named,
                        const std::string& group) {
  auto given = 0.0;
  auto others = 0.0;
  auto other_count = std::size_t{0};
  for (auto& member : members)
    if (const auto found = named.find(member.id); found != named.end()) {
      given += found->second;
    } else {
      others += member.weight;
      ++other_count;
    }
  if (other_count == members.size())
    return {};
  const auto rest = 1.0 - given;
  if (rest < -sum_tolerance)
    return refuse("the weights of " + group + " sum to " + rounded(given),
                  group, "give weights that sum to 1 at most");
  if (rest > sum_tolerance && !(others > 0.0))
    return refuse("the weights of " + group + " sum to " + rounded(given)
                    + ", and nothing else has weight",
                  group, "give weights that sum to 1");
  for (auto& member : members)
    if (const auto found = named.find(member.id); found != named.end())
      // All named: brought to 1, from which they are a rounding error away.
      member.weight = others > 0.0 ? found->second : found->second / given;
    else
      member.weight
        = others > 0.0 ? member.weight * (std::max(rest, 0.0) / others) : 0.0;
  return {};
}

outcome<void>
check_weights(const std::map<std::string, double, std::less<>>& weights) {
  for (const auto& [id, weight] : weights)
    if (!(weight >= 0.0 && weight <= 1.0))
      return refuse("weight " + rounded(weight) + " is not in 0 to 1", id,
                    "0.4 means 40 %");
  return {};
}

outcome<void> check_change(const scoring_plan& plan,
                           const weight_change& change) {
  for (const auto& [id, weight] : change.categories)
    if (!has_category(plan, id))
      return refuse("unknown category \"" + id + "\"", id, name_hint(plan, id));
  for (const auto& [id, weight] : change.criteria)
    if (!find_criterion(plan, id))
      return refuse("unknown criterion \"" + id + "\"", id,
                    name_hint(plan, id));
  if (auto checked = check_weights(change.categories); !checked)
    return checked;
  return check_weights(change.criteria);
}

} // namespace

outcome<weight_change> parse_weight_change(const scoring_plan& plan,
                                           std::span<const std::string> texts) {
  auto change = weight_change{};
  for (const auto& text : texts) {
    const auto equals = text.rfind('=');
    const auto number
      = equals == std::string::npos || equals == 0
          ? std::nullopt
          : number_of(std::string_view{text}.substr(equals + 1));
    if (!number)
      return refuse("\"" + text + "\" is not a name and a weight", text,
                    "write it as business_value=0.4");
    if (auto added = add_weight(plan, text.substr(0, equals), *number, change);
        !added)
      return fail(added.error());
  }
  return change;
}

std::vector<double> category_weights(const scoring_plan& plan,
                                     std::span<const double> weights) {
  auto sums = std::vector<double>(plan.categories.size());
  for (std::size_t j = 0; j < weights.size(); ++j)
    sums[plan.criteria[j].category] += weights[j];
  return sums;
}

std::vector<double> shares_within_categories(const scoring_plan& plan,
                                             std::span<const double> weights) {
  const auto categories = category_weights(plan, weights);
  auto shares = std::vector<double>(weights.begin(), weights.end());
  for (std::size_t j = 0; j < shares.size(); ++j) {
    const auto all = categories[plan.criteria[j].category];
    shares[j] = all > 0.0 ? shares[j] / all : 0.0;
  }
  return shares;
}

outcome<std::vector<double>> changed_weights(const scoring_plan& plan,
                                             const weight_change& change) {
  if (auto checked = check_change(plan, change); !checked)
    return fail(checked.error());
  auto weights = weights_of(plan);
  const auto before = category_weights(plan, weights);
  const auto shares = shares_within_categories(plan, weights);
  auto categories = std::vector<group_member>{};
  for (std::size_t k = 0; k < before.size(); ++k)
    categories.push_back({plan.categories[k].id, before[k]});
  if (auto shared = share_out(categories, change.categories, "the categories");
      !shared)
    return fail(shared.error());
  for (std::size_t k = 0; k < before.size(); ++k) {
    auto criteria = std::vector<group_member>{};
    for (std::size_t j = 0; j < weights.size(); ++j)
      if (plan.criteria[j].category == k)
        criteria.push_back({id_of(plan, j), shares[j]});
    if (auto shared
        = share_out(criteria, change.criteria, plan.categories[k].id);
        !shared)
      return fail(shared.error());
    auto at = criteria.begin();
    for (std::size_t j = 0; j < weights.size(); ++j)
      if (plan.criteria[j].category == k)
        weights[j] = (at++)->weight * categories[k].weight;
  }
  return weights;
}

outcome<what_if_result> what_if(const scoring_plan& plan,
                                const scored_portfolio& portfolio,
                                const weight_change& change) {
  auto weights = changed_weights(plan, change);
  if (!weights)
    return fail(weights.error());
  auto result = what_if_result{};
  result.weights_before = weights_of(plan);
  result.weights_after = std::move(*weights);
  result.totals_before = totals_under(plan, portfolio, result.weights_before);
  result.totals_after = totals_under(plan, portfolio, result.weights_after);
  result.ranks_before
    = ranks_from_order(order_descending(result.totals_before));
  result.ranks_after = ranks_from_order(order_descending(result.totals_after));
  return result;
}

rank_moves find_moves(const what_if_result& result, std::size_t top) {
  const auto& before = result.ranks_before;
  const auto& after = result.ranks_after;
  auto moves = rank_moves{};
  auto moved = std::vector<std::uint32_t>{};
  for (std::uint32_t row = 0; row < before.size(); ++row) {
    if (before[row] == after[row])
      continue;
    moved.push_back(row);
    ++(after[row] < before[row] ? moves.risen : moves.fallen);
    if (after[row] <= top && before[row] > top)
      moves.entered.push_back(row);
    if (before[row] <= top && after[row] > top)
      moves.left.push_back(row);
  }
  const auto by = [](const auto& ranks) {
    return [&](auto left, auto right) { return ranks[left] < ranks[right]; };
  };
  std::sort(moves.entered.begin(), moves.entered.end(), by(after));
  std::sort(moves.left.begin(), moves.left.end(), by(before));
  // No two rows have one rank before, so that the order is complete.
  const auto key = [&](std::uint32_t row) {
    const auto [best, worst] = std::minmax(before[row], after[row]);
    return std::tuple{std::int64_t{best} - worst, best, before[row]};
  };
  const auto count = std::min(top, moved.size());
  std::partial_sort(
    moved.begin(), moved.begin() + static_cast<std::ptrdiff_t>(count),
    moved.end(), [&](auto left, auto right) { return key(left) < key(right); });
  moved.resize(count);
  moves.largest = std::move(moved);
  return moves;
}

} // namespace troupe::scoring
