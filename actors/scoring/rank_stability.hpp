#pragma once

#include "actors/scoring/scored_portfolio.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::scoring {

struct stability_options {
  std::uint64_t seed = 0;
  /// Up to 100,000.
  std::uint32_t iterations = 200;
  /// Each weight is multiplied by a draw that is uniform in 1 - spread to
  /// 1 + spread (0..1); then all are brought back to their sum.
  double spread = 0.2;
  /// "Stays in the top k".
  std::uint32_t top = 10;
  /// Of a larger portfolio only the best rows are looked at, ranked among
  /// themselves: a rank further down tells nobody anything.
  std::uint32_t rows_max = 2'000;
};

/// What a number of iterations found. Integers, so that iterations can be
/// spread over workers: merging is exact in any order.
struct stability_counts {
  std::uint64_t iterations = 0;
  /// By position in the list of examined rows.
  std::vector<std::uint64_t> moves; ///< Sum of |rank - base rank|.
  std::vector<std::uint64_t> in_top;
};

void merge(stability_counts& into, const stability_counts& from);

/// How much an order depends on the exact weights: a mean move above 5 is high,
/// above 2 is medium.
enum class sensitivity : std::uint8_t { low, medium, high };

struct stability_result {
  struct row {
    std::uint32_t index = 0; ///< In the portfolio.
    std::uint32_t rank = 0; ///< With the given weights, from 1.
    double mean_move = 0.0;
    double top_probability = 0.0;
  };

  /// The examined rows, best first.
  std::vector<row> rows;
  double mean_move = 0.0;
  double stability = 1.0; ///< 1 / (1 + mean_move).
  sensitivity verdict = sensitivity::low;
  /// Positions in `rows` of those outside of the top k that were in it at least
  /// once, the likeliest first; as many as the top has at most.
  std::vector<std::uint32_t> contenders;
  /// Rows of the top k that stayed in it at least nine times of ten.
  std::uint32_t steady = 0;
};

/// A Monte Carlo experiment on weights. Draw = splitmix64 of (seed, iteration,
/// criterion): no state, so that the result depends neither on the order nor
/// on the number of workers. Cost: iterations x rows x criteria, bounded by the
/// options. Immutable; several threads may call `run` at once.
class stability_experiment {
public:
  /// `invalid_input` for options out of range.
  [[nodiscard]] static runtime::outcome<stability_experiment>
  create(const scoring_plan& plan, const scored_portfolio& portfolio,
         const stability_options& options);

  /// Iterations first to first + count - 1, cut at `options.iterations`.
  [[nodiscard]] stability_counts run(std::uint32_t first,
                                     std::uint32_t count) const;

  [[nodiscard]] stability_result
  summarise(const stability_counts& counts) const;

private:
  stability_experiment(scoring_plan plan, stability_options options)
    : plan_{std::move(plan)}, options_{options} {}

  scoring_plan plan_;
  stability_options options_;
  std::vector<std::uint32_t> rows_; // Best first.
  scored_portfolio portfolio_; // Of these rows.
  std::vector<double> weights_;
};

/// The whole experiment on so many threads: the same result for any number,
/// since counts are integers.
[[nodiscard]] runtime::outcome<stability_result>
measure_stability(const scoring_plan& plan, const scored_portfolio& portfolio,
                  const stability_options& options, std::size_t threads = 1);

} // namespace troupe::scoring
