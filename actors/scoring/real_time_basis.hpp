#pragma once

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/earlier_run.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::scoring {

/// What single items are measured against: a whole run, its scales and totals.
/// Plain data, immutable once made.
struct real_time_basis {
  scoring_plan plan;
  std::string configuration; ///< Canonical JSON.
  std::uint64_t configuration_digest = 0;
  std::shared_ptr<const earlier_run> run;
  // The run's scores in ascending order.
  std::vector<double> totals;
  std::vector<double> financial;
  std::vector<double> strategic;
};

/// Reads the newest full, batch or incremental run with this configuration
/// (of a case: as `select_case` makes it), or the run `base`, as
/// `find_earlier_run` does. `not_found` when there is none. Blocks on the disk.
[[nodiscard]] runtime::outcome<std::shared_ptr<const real_time_basis>>
load_real_time_basis(const std::string& store,
                     const scoring_configuration& configuration,
                     const std::string& base = {});

/// Scores items by the scales of the run, as they are: a value beyond an
/// extreme counts as the extreme under the standard rules. Ranks are those that
/// an item would have in that run: 1 + the items with a higher score, its own
/// earlier one left out. `first_row`: of the first item in the request.
[[nodiscard]] scored_batch score_in_real_time(const real_time_basis& basis,
                                              item_block items,
                                              std::size_t first_row = 0);

/// What a real-time scoring adds to the store.
struct real_time_record {
  run_header header; ///< Mode, base run and digest are filled in.
  runtime::clock::wall_time as_of{};
  /// Items that were left out.
  std::vector<messages::ItemProblem> problems;
  figure_keeping figures = figure_keeping::dropped;
};

/// A run of its own, in one transaction.
[[nodiscard]] store_request
make_store_request(const real_time_basis& basis, real_time_record record,
                   const std::vector<scored_batch>& batches);

} // namespace troupe::scoring
