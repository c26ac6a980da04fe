#pragma once

#include "actors/simulation/draw_selection.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_plan.hpp"

#include <cstdint>
#include <vector>

namespace troupe::simulation {

/// Hires `first` to `last` of a year that hires `all`; 1-based. Who they are
/// depends on their numbers only, so that every range can be made alone.
struct hire_range {
  std::int64_t first = 1;
  /// Included; less than `first`: no hires.
  std::int64_t last = 0;
  std::int64_t all = 0;

  [[nodiscard]] std::size_t size() const noexcept {
    return last < first ? 0 : static_cast<std::size_t>(last - first + 1);
  }
};

/// All hires of a year, in ranges of at most `block_size`, which is at least 1.
[[nodiscard]] std::vector<hire_range> cut_hires(std::int64_t hires,
                                                std::int64_t block_size);

/// Counts the termination draws of hires before 31 December: who is hired on
/// that day cannot leave within the year.
void count_hire_draws(const year_plan& plan, const hire_range& range,
                      draw_histogram& draws);

/// Lists those of these draws that are in the bucket.
void list_hire_draws(const year_plan& plan, const hire_range& range,
                     const bound_bucket& bucket,
                     std::vector<keyed_draw>& draws);

/// The first year of hires; all terminated are those up to `last_leaver`.
/// Replaces what `block` held.
void simulate_hires(const year_plan& plan, const hire_range& range,
                    const draw_bound& last_leaver, year_block& block);

} // namespace troupe::simulation
