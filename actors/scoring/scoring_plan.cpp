#include "actors/scoring/scoring_plan.hpp"

#include "actors/scoring/weights.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace troupe::scoring {

namespace {

std::string joined(const std::vector<runtime::problem>& problems,
                   std::size_t from) {
  constexpr auto listed_max = std::size_t{10};
  auto result = std::string{};
  const auto last = std::min(problems.size(), from + listed_max);
  for (auto index = from; index < last; ++index)
    result += "; " + problems[index].key + ": " + problems[index].message;
  if (last < problems.size())
    result += "; and " + std::to_string(problems.size() - last) + " more";
  return result;
}

runtime::problem first_of(std::vector<runtime::problem> problems) {
  auto first = problems.front();
  first.hint += joined(problems, 1);
  return first;
}

std::string shown(double ratio) {
  auto buffer = std::array<char, 32>{};
  const auto length
    = std::snprintf(buffer.data(), buffer.size(), "%.4f", ratio);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

bool has_active(const scoring_configuration& configuration,
                const category& group) {
  return std::any_of(configuration.criteria.begin(),
                     configuration.criteria.end(), [&](const criterion& entry) {
                       return entry.active && entry.category == group.id;
                     });
}

/// The categories in use. Under the standard rules one of weight 0 is left out,
/// so that every category of the plan has a weight.
void add_categories(scoring_plan& plan,
                    const scoring_configuration& configuration) {
  const auto by_given_weights
    = configuration.rules == rule_set::standard
      && configuration.weights.kind == weighting::source::given;
  for (const auto& group : configuration.categories) {
    if (!has_active(configuration, group)) {
      if (group.weight > 0.0)
        plan.warnings.push_back("category " + group.id
                                + " has a weight, but no active criterion");
    } else if (by_given_weights && group.weight == 0.0) {
      plan.warnings.push_back("category " + group.id
                              + " has weight 0: its criteria are left out");
    } else {
      plan.categories.push_back(group);
    }
  }
}

/// The active criteria of the plan's categories.
void add_criteria(scoring_plan& plan,
                  const scoring_configuration& configuration) {
  for (const auto& entry : configuration.criteria) {
    if (!entry.active)
      continue;
    const auto found = std::find_if(
      plan.categories.begin(), plan.categories.end(),
      [&](const category& group) { return group.id == entry.category; });
    if (found == plan.categories.end())
      continue;
    auto planned = planned_criterion{};
    planned.definition = entry;
    planned.category
      = static_cast<std::size_t>(found - plan.categories.begin());
    plan.criteria.push_back(std::move(planned));
  }
}

scoring_plan skeleton(const scoring_configuration& configuration) {
  auto plan = scoring_plan{};
  plan.rules = configuration.rules;
  plan.dotted = configuration.dotted;
  plan.combination = configuration.combination;
  plan.fields = configuration.fields;
  add_categories(plan, configuration);
  add_criteria(plan, configuration);
  return plan;
}

std::vector<double> given_weights(const scoring_plan& plan) {
  auto weights = std::vector<grouped_weight>{};
  for (const auto& entry : plan.criteria)
    weights.push_back({entry.definition.weight, entry.category});
  auto categories = std::vector<double>{};
  for (const auto& group : plan.categories)
    categories.push_back(group.weight);
  return global_weights(weights, categories);
}

void set_weights(scoring_plan& plan, const std::vector<double>& global,
                 const std::vector<double>& strategic) {
  for (auto index = std::size_t{0}; index < plan.criteria.size(); ++index) {
    plan.criteria[index].global_weight = global[index];
    plan.criteria[index].strategic_weight = strategic[index];
  }
}

void warn_of_compat(scoring_plan& plan, const weighting& weights) {
  if (weights.kind != weighting::source::given)
    plan.warnings.emplace_back(
      "the compat rules derive weights from those of the criteria; "
      "weights.method is ignored");
  const auto acts = [](const planned_criterion& entry) {
    return entry.definition.function != scoring_function{};
  };
  if (std::any_of(plan.criteria.begin(), plan.criteria.end(), acts))
    plan.warnings.emplace_back(
      "the compat rules know no scoring functions; they are ignored");
}

void weigh_compat(scoring_plan& plan, const weighting& weights) {
  warn_of_compat(plan, weights);
  const auto global = given_weights(plan);
  auto pairwise
    = analyse(pairwise_matrix(global), weights.consistency_threshold);
  set_weights(plan, global, pairwise.weights);
  if (!pairwise.is_consistent)
    plan.warnings.push_back("the pairwise matrix has consistency ratio "
                            + shown(pairwise.consistency_ratio)
                            + ", above the threshold");
  plan.pairwise = std::move(pairwise);
}

runtime::outcome<std::vector<double>> compared(scoring_plan& plan,
                                               const weighting& weights) {
  auto pairwise = analyse(weights.matrix, weights.consistency_threshold);
  const auto ratio = shown(pairwise.consistency_ratio);
  if (!pairwise.is_consistent && !weights.allow_inconsistent) {
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.message = "the comparisons contradict each other (consistency ratio "
                     + ratio + ", threshold "
                     + shown(weights.consistency_threshold) + ")";
    reason.key = "weights.matrix";
    reason.hint = "revise the comparisons, or set weights.allow_inconsistent";
    return runtime::fail(std::move(reason));
  }
  if (!pairwise.is_consistent)
    plan.warnings.push_back("the comparisons contradict each other "
                            "(consistency ratio "
                            + ratio + "), as allowed");
  auto result = pairwise.weights;
  plan.pairwise = std::move(pairwise);
  return result;
}

std::vector<double> ranked(const scoring_plan& plan,
                           const std::vector<std::string>& ranking) {
  const auto by_rank = rank_order_weights(ranking.size());
  auto result = std::vector<double>{};
  for (const auto& entry : plan.criteria) {
    const auto found
      = std::find(ranking.begin(), ranking.end(), entry.definition.id);
    result.push_back(
      by_rank[static_cast<std::size_t>(found - ranking.begin())]);
  }
  return result;
}

std::vector<double>
swung(const scoring_plan& plan,
      const std::map<std::string, double, std::less<>>& swings) {
  auto points = std::vector<double>{};
  for (const auto& entry : plan.criteria)
    points.push_back(swings.find(entry.definition.id)->second);
  return swing_weights(points);
}

runtime::outcome<std::vector<double>> standard_weights(scoring_plan& plan,
                                                       const weighting& from) {
  switch (from.kind) {
    case weighting::source::pairwise:
      return compared(plan, from);
    case weighting::source::rank_order:
      return ranked(plan, from.ranking);
    case weighting::source::swing:
      return swung(plan, from.swings);
    case weighting::source::given:
      break;
  }
  auto result = given_weights(plan);
  auto shares = 0.0;
  for (const auto& group : plan.categories)
    shares += group.weight;
  // Only when a category is unused: given weights are not to be rounded.
  if (shares < 1.0 - 1e-9)
    for (auto& weight : result)
      weight /= shares;
  return result;
}

/// Makes each category weigh what its criteria weigh, so that a category score
/// is a weighted mean whatever the weights come from.
void settle_categories(scoring_plan& plan) {
  for (auto& group : plan.categories)
    group.weight = 0.0;
  for (const auto& entry : plan.criteria)
    plan.categories[entry.category].weight += entry.strategic_weight;
}

void warn_of_shared_sources(scoring_plan& plan) {
  auto sources = std::set<std::string_view>{};
  for (const auto& entry : plan.criteria)
    if (!sources.insert(entry.definition.source).second)
      plan.warnings.push_back("more than one criterion reads "
                              + entry.definition.source);
}

} // namespace

runtime::outcome<scoring_plan>
compile(const scoring_configuration& configuration) {
  if (auto problems = validate(configuration); !problems.empty())
    return runtime::fail(first_of(std::move(problems)));
  auto plan = skeleton(configuration);
  if (plan.rules == rule_set::compat) {
    weigh_compat(plan, configuration.weights);
    return plan;
  }
  const auto weights = standard_weights(plan, configuration.weights);
  if (!weights)
    return runtime::fail(weights.error());
  set_weights(plan, *weights, *weights);
  settle_categories(plan);
  warn_of_shared_sources(plan);
  return plan;
}

} // namespace troupe::scoring
