#include "actors/scoring/rank_stability.hpp"

#include "actors/scoring/ranking.hpp"
#include "actors/scoring/refusal.hpp"
#include "runtime/mix_bits.hpp"

#include <algorithm>
#include <future>
#include <numeric>

namespace troupe::scoring {

namespace {

constexpr std::uint32_t iterations_max = 100'000;
constexpr std::uint32_t rows_limit = 100'000;

/// The output function of SplitMix64.
std::uint64_t splitmix64(std::uint64_t state) noexcept {
  return runtime::mix_bits(state + runtime::mix_step);
}

/// Uniform in [0, 1), a function of its arguments only.
double draw(std::uint64_t seed, std::uint64_t iteration,
            std::uint64_t criterion) noexcept {
  const auto bits
    = splitmix64(splitmix64(splitmix64(seed) ^ iteration) ^ criterion);
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

std::vector<std::uint32_t>
find_contenders(const std::vector<stability_result::row>& rows,
                std::size_t top) {
  auto found = std::vector<std::uint32_t>{};
  for (auto i = top; i < rows.size(); ++i)
    if (rows[i].top_probability > 0.0)
      found.push_back(static_cast<std::uint32_t>(i));
  std::stable_sort(found.begin(), found.end(), [&](auto left, auto right) {
    return rows[left].top_probability > rows[right].top_probability;
  });
  found.resize(std::min(found.size(), top));
  return found;
}

} // namespace

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

stability_result
stability_experiment::summarise(const stability_counts& counts) const {
  auto result = stability_result{};
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
  result.contenders = find_contenders(result.rows, options_.top);
  for (std::size_t i = 0; i < result.rows.size() && i < options_.top; ++i)
    result.steady += result.rows[i].top_probability >= 0.9 ? 1 : 0;
  return result;
}

namespace {

stability_counts run_iterations(const stability_experiment& experiment,
                                std::uint32_t iterations, std::size_t threads) {
  if (threads <= 1)
    return experiment.run(0, iterations);
  const auto share
    = static_cast<std::uint32_t>((iterations + threads - 1) / threads);
  auto parts = std::vector<std::future<stability_counts>>{};
  for (auto first = std::uint32_t{0}; first < iterations; first += share)
    parts.push_back(std::async(std::launch::async, [&experiment, first, share] {
      return experiment.run(first, share);
    }));
  auto counts = stability_counts{};
  for (auto& part : parts)
    merge(counts, part.get());
  return counts;
}

} // namespace

runtime::outcome<stability_result>
measure_stability(const scoring_plan& plan, const scored_portfolio& portfolio,
                  const stability_options& options, std::size_t threads) {
  const auto experiment
    = stability_experiment::create(plan, portfolio, options);
  if (!experiment)
    return runtime::fail(experiment.error());
  return experiment->summarise(
    run_iterations(*experiment, options.iterations, threads));
}

} // namespace troupe::scoring
