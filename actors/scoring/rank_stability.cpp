#include "actors/scoring/rank_stability.hpp"

#include "actors/scoring/draw_stream.hpp"
#include "actors/scoring/ranking.hpp"
#include "actors/scoring/refusal.hpp"
#include "actors/scoring/strategic_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe::scoring {

namespace {

constexpr std::uint32_t iterations_max = 100'000;
constexpr std::uint32_t rows_limit = 100'000;

/// The output function of SplitMix64.
std::uint64_t splitmix64(std::uint64_t state) noexcept {
  return mix_bits(state + draw_step);
}

/// Uniform in [0, 1), a function of its arguments only.
double draw(std::uint64_t seed, std::uint64_t iteration,
            std::uint64_t criterion) noexcept {
  const auto bits
    = splitmix64(splitmix64(splitmix64(seed) ^ iteration) ^ criterion);
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

double to_unit(double value) noexcept {
  return value > 0.0 ? std::min(value, 1.0) : 0.0;
}

/// Strategic scores before the clip (standard) or the factor (compat).
std::vector<double> raw_scores(const scoring_plan& plan,
                               const scored_portfolio& portfolio,
                               std::span<const double> weights) {
  const auto rows = portfolio.rows();
  const auto n = portfolio.values.size();
  auto scores = std::vector<double>(rows);
  if (plan.rules == rule_set::compat) {
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t row = 0; row < rows; ++row)
        scores[row] += portfolio.values[j][row] * weights[j];
    return scores;
  }
  auto known = known_weights{plan, weights};
  auto values = std::vector<double>(n);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t j = 0; j < n; ++j)
      values[j] = portfolio.values[j][row];
    const auto own = known.of(values);
    for (std::size_t j = 0; j < n; ++j)
      if (!std::isnan(values[j]))
        scores[row] += values[j] * own[j];
  }
  return scores;
}

score_basis basis_of(bool has_financial, bool has_strategic) noexcept {
  if (has_financial)
    return has_strategic ? score_basis::financial_and_strategic
                         : score_basis::financial_only;
  return has_strategic ? score_basis::strategic_only : score_basis::nothing;
}

} // namespace

void append(scored_portfolio& portfolio, const item_view& items,
            const strategic_batch& strategic, const total_batch& totals) {
  const auto add
    = [](std::vector<double>& to, const std::vector<double>& from) {
        to.insert(to.end(), from.begin(), from.end());
      };
  const auto rows_before = portfolio.rows();
  if (portfolio.values.empty())
    portfolio.values.resize(strategic.values.size());
  for (std::size_t j = 0; j < strategic.values.size(); ++j)
    add(portfolio.values[j], strategic.values[j]);
  add(portfolio.financial, totals.financial);
  add(portfolio.financial_normalised, totals.financial_normalised);
  add(portfolio.penalty, totals.penalty);
  portfolio.penalty.resize(portfolio.rows());
  portfolio.has_financial.resize(portfolio.rows());
  constexpr auto score_b
    = static_cast<std::size_t>(financial_figure::combined_financial_score);
  for (std::size_t row = 0; row < items.rows; ++row)
    if (!items.financials.empty() && items.has_financials[row] != 0
        && !std::isnan(items.financials[score_b][row]))
      portfolio.has_financial[rows_before + row] = 1;
  for (std::size_t row = 0; row < items.rows; ++row)
    portfolio.has_strategic.push_back(
      strategic.completeness.empty() || strategic.completeness[row] > 0.0 ? 1
                                                                          : 0);
}

scored_portfolio select(const scored_portfolio& portfolio,
                        std::span<const std::uint32_t> rows) {
  const auto pick = [&](const auto& column) {
    auto picked = std::remove_cvref_t<decltype(column)>{};
    picked.reserve(rows.size());
    for (auto row : rows)
      picked.push_back(column[row]);
    return picked;
  };
  auto result = scored_portfolio{};
  for (const auto& column : portfolio.values)
    result.values.push_back(pick(column));
  result.financial = pick(portfolio.financial);
  result.financial_normalised = pick(portfolio.financial_normalised);
  result.penalty = pick(portfolio.penalty);
  result.has_financial = pick(portfolio.has_financial);
  result.has_strategic = pick(portfolio.has_strategic);
  return result;
}

std::vector<double> weights_of(const scoring_plan& plan) {
  auto weights = std::vector<double>{};
  for (const auto& planned : plan.criteria)
    weights.push_back(planned.strategic_weight);
  return weights;
}

std::vector<double> totals_under(const scoring_plan& plan,
                                 const scored_portfolio& portfolio,
                                 std::span<const double> weights) {
  const auto scores = raw_scores(plan, portfolio, weights);
  auto factor = 1.0;
  if (plan.rules == rule_set::compat)
    for (auto raw : scores)
      factor = std::max(factor, raw);
  auto totals = std::vector<double>(portfolio.rows());
  for (std::size_t row = 0; row < totals.size(); ++row) {
    const auto pair
      = score_pair{portfolio.financial[row],
                   portfolio.financial_normalised[row],
                   plan.rules == rule_set::compat ? scores[row] / factor
                                                  : to_unit(scores[row]),
                   basis_of(portfolio.has_financial[row] != 0,
                            portfolio.has_strategic[row] != 0)};
    totals[row] = to_unit(combine_scores(plan.combination, plan.rules, pair)
                          * (1.0 - portfolio.penalty[row]));
  }
  return totals;
}

// -- what if ------------------------------------------------------------------

runtime::outcome<std::vector<double>>
changed_weights(const scoring_plan& plan, const weight_change& change) {
  const auto n = plan.criteria.size();
  auto categories = std::map<std::string, double, std::less<>>{};
  for (const auto& one : plan.categories)
    categories[one.id] = one.weight;
  auto within = std::map<std::string, double, std::less<>>{};
  for (const auto& one : plan.criteria)
    within[one.definition.id] = one.definition.weight;
  const auto apply = [](const auto& changes, auto& weights,
                        const std::string& what) -> runtime::outcome<void> {
    for (const auto& [id, weight] : changes) {
      const auto found = weights.find(id);
      if (found == weights.end())
        return refuse("unknown " + what + " \"" + id + "\"", id,
                      "name an active one of the configuration");
      if (!std::isfinite(weight) || weight < 0.0)
        return refuse("weight is negative or not a number", id,
                      "give a weight of 0 or more");
      found->second = weight;
    }
    return {};
  };
  if (auto done = apply(change.categories, categories, "category"); !done)
    return runtime::fail(std::move(done).error());
  if (auto done = apply(change.criteria, within, "criterion"); !done)
    return runtime::fail(std::move(done).error());

  auto sums = std::vector<double>(plan.categories.size());
  for (const auto& one : plan.criteria)
    sums[one.category] += within[one.definition.id];
  auto weights = std::vector<double>(n);
  for (std::size_t j = 0; j < n; ++j) {
    const auto& one = plan.criteria[j];
    const auto sum = sums[one.category];
    const auto share = sum > 0.0 ? within[one.definition.id] / sum : 0.0;
    const auto global = share * categories[plan.categories[one.category].id];
    weights[j] = one.global_weight > 0.0
                   ? one.strategic_weight * (global / one.global_weight)
                   : global;
  }
  const auto all = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(all > 0.0))
    return refuse("no weight is left", "", "keep one weight above 0");
  for (auto& weight : weights)
    weight /= all;
  return weights;
}

runtime::outcome<what_if_result> what_if(const scoring_plan& plan,
                                         const scored_portfolio& portfolio,
                                         const weight_change& change) {
  const auto weights = changed_weights(plan, change);
  if (!weights)
    return runtime::fail(weights.error());
  auto result = what_if_result{};
  const auto before = totals_under(plan, portfolio, weights_of(plan));
  result.totals = totals_under(plan, portfolio, *weights);
  result.ranks_before = ranks_from_order(order_descending(before));
  result.ranks_after = ranks_from_order(order_descending(result.totals));
  return result;
}

// -- stability ----------------------------------------------------------------

void merge(stability_counts& into, const stability_counts& from) {
  into.iterations += from.iterations;
  into.moves.resize(std::max(into.moves.size(), from.moves.size()));
  into.in_top.resize(std::max(into.in_top.size(), from.in_top.size()));
  for (std::size_t i = 0; i < from.moves.size(); ++i) {
    into.moves[i] += from.moves[i];
    into.in_top[i] += from.in_top[i];
  }
}

runtime::outcome<stability_experiment>
stability_experiment::create(const scoring_plan& plan,
                             const scored_portfolio& portfolio,
                             const stability_options& options) {
  if (!(options.spread >= 0.0 && options.spread <= 1.0))
    return refuse("spread is not in 0 to 1", "spread", "0.2 means 20 %");
  if (options.iterations == 0 || options.iterations > iterations_max)
    return refuse("iterations are not in 1 to 100000", "iterations",
                  "200 tell most of it");
  if (options.rows_max == 0 || options.rows_max > rows_limit)
    return refuse("rows_max is not in 1 to 100000", "rows_max",
                  "look at the best rows only");
  auto experiment = stability_experiment{plan, options};
  experiment.weights_ = weights_of(plan);
  experiment.rows_
    = order_descending(totals_under(plan, portfolio, experiment.weights_));
  experiment.rows_.resize(
    std::min<std::size_t>(experiment.rows_.size(), options.rows_max));
  experiment.portfolio_ = select(portfolio, experiment.rows_);
  return experiment;
}

stability_counts stability_experiment::run(std::uint32_t first,
                                           std::uint32_t count) const {
  auto counts = stability_counts{};
  counts.moves.resize(rows_.size());
  counts.in_top.resize(rows_.size());
  const auto end = std::min<std::uint64_t>(std::uint64_t{first} + count,
                                           options_.iterations);
  auto weights = weights_;
  const auto sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  for (auto iteration = std::uint64_t{first}; iteration < end; ++iteration) {
    auto drawn = 0.0;
    for (std::size_t j = 0; j < weights.size(); ++j) {
      const auto noise = 2.0 * draw(options_.seed, iteration, j) - 1.0;
      weights[j] = weights_[j] * (1.0 + options_.spread * noise);
      drawn += weights[j];
    }
    for (auto& weight : weights)
      weight *= drawn > 0.0 ? sum / drawn : 1.0;
    const auto order
      = order_descending(totals_under(plan_, portfolio_, weights));
    for (std::size_t place = 0; place < order.size(); ++place) {
      // Rows stand in the order of their base ranks.
      const auto base = std::size_t{order[place]};
      counts.moves[base] += place > base ? place - base : base - place;
      counts.in_top[base] += place < options_.top ? 1 : 0;
    }
    ++counts.iterations;
  }
  return counts;
}

rank_stability
stability_experiment::summarise(const stability_counts& counts) const {
  auto result = rank_stability{};
  const auto iterations = static_cast<double>(counts.iterations);
  auto moves = std::uint64_t{0};
  for (std::size_t i = 0; i < rows_.size() && i < counts.moves.size(); ++i) {
    moves += counts.moves[i];
    if (counts.iterations > 0)
      result.rows.push_back(
        {rows_[i], static_cast<std::uint32_t>(i + 1),
         static_cast<double>(counts.moves[i]) / iterations,
         static_cast<double>(counts.in_top[i]) / iterations});
  }
  if (!result.rows.empty())
    result.mean_move = static_cast<double>(moves)
                       / (iterations * static_cast<double>(result.rows.size()));
  result.stability = 1.0 / (1.0 + result.mean_move);
  if (result.mean_move > 5.0)
    result.verdict = sensitivity::high;
  else if (result.mean_move > 2.0)
    result.verdict = sensitivity::medium;
  return result;
}

runtime::outcome<rank_stability>
measure_stability(const scoring_plan& plan, const scored_portfolio& portfolio,
                  const stability_options& options) {
  const auto experiment
    = stability_experiment::create(plan, portfolio, options);
  if (!experiment)
    return runtime::fail(experiment.error());
  return experiment->summarise(experiment->run(0, options.iterations));
}

} // namespace troupe::scoring
