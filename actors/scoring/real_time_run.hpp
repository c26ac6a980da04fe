#pragma once

#include "actors/scoring/real_time_basis.hpp"
#include "actors/scoring/scoring_request.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <functional>
#include <stop_token>

namespace troupe::scoring {

/// Items of one real-time scoring at most; more are for a whole run.
inline constexpr std::size_t real_time_items_max = 10'000;

/// What a real-time scoring needs from outside.
struct real_time_surroundings {
  /// Returns once the transaction is on disk.
  std::function<runtime::outcome<void>(store_request)> commit;
  std::function<runtime::clock::wall_time()> now;
  std::stop_token stop;
};

/// Scores the chosen items of the source (all of a small one when none are
/// named) against the basis, stores them as a run of their own, then writes the
/// files. Blocks. The source is read until all named items are found: of an id
/// that occurs twice the first counts. `not_found` when one is missing.
[[nodiscard]] runtime::outcome<scoring_result>
run_in_real_time(prepared_scoring prepared,
                 const real_time_surroundings& surroundings);

} // namespace troupe::scoring
