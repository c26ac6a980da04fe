#pragma once

#include "actors/scoring/combination.hpp"
#include "actors/scoring/score_batch.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace troupe::scoring {

/// Scored items, reduced to what other weights need: no source is read again.
/// Plain columns; row order is file order.
struct scored_portfolio {
  /// values[criterion][row] as from `score` with `keep::values`; NaN: missing.
  std::vector<std::vector<double>> values;
  std::vector<double> financial;
  std::vector<double> financial_normalised;
  std::vector<double> penalty;
  /// Whether Score B is defined.
  std::vector<std::uint8_t> has_financial;
  /// Whether any value that has weight was given.
  std::vector<std::uint8_t> has_strategic;

  [[nodiscard]] std::size_t rows() const noexcept {
    return financial.size();
  }
};

/// Appends scored rows. `strategic` needs its values.
void append(scored_portfolio& portfolio, const item_view& items,
            const strategic_batch& strategic, const total_batch& totals);

/// Only these rows, in this order.
[[nodiscard]] scored_portfolio select(const scored_portfolio& portfolio,
                                      std::span<const std::uint32_t> rows);

/// Totals under other strategic weights, one per criterion of the plan. The
/// strategic factor of compat is that of these rows.
[[nodiscard]] std::vector<double>
totals_under(const scoring_plan& plan, const scored_portfolio& portfolio,
             std::span<const double> weights);

/// The strategic weights of a plan.
[[nodiscard]] std::vector<double> weights_of(const scoring_plan& plan);

// -- what if ------------------------------------------------------------------

/// New weights by id; what is not named keeps its own. Category weights, and
/// those of the criteria within a category, are brought back to the sum 1.
struct weight_change {
  std::map<std::string, double, std::less<>> categories;
  std::map<std::string, double, std::less<>> criteria;
};

/// The strategic weights after a change. A weight derived by AHP changes in the
/// proportion in which the configured one does. `invalid_input` for unknown
/// ids, for weights that are negative or not finite, and if nothing is left.
[[nodiscard]] runtime::outcome<std::vector<double>>
changed_weights(const scoring_plan& plan, const weight_change& change);

struct what_if_result {
  std::vector<double> totals; ///< By row, after the change.
  std::vector<std::uint32_t> ranks_before; ///< By row, from 1.
  std::vector<std::uint32_t> ranks_after;
};

[[nodiscard]] runtime::outcome<what_if_result>
what_if(const scoring_plan& plan, const scored_portfolio& portfolio,
        const weight_change& change);

// -- stability ----------------------------------------------------------------

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

struct rank_stability {
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

  [[nodiscard]] rank_stability summarise(const stability_counts& counts) const;

private:
  stability_experiment(scoring_plan plan, stability_options options)
    : plan_{std::move(plan)}, options_{options} {}

  scoring_plan plan_;
  stability_options options_;
  std::vector<std::uint32_t> rows_; // Best first.
  scored_portfolio portfolio_; // Of these rows.
  std::vector<double> weights_;
};

/// The whole experiment.
[[nodiscard]] runtime::outcome<rank_stability>
measure_stability(const scoring_plan& plan, const scored_portfolio& portfolio,
                  const stability_options& options);

} // namespace troupe::scoring
